// Screens an X-ray with Foundation alone (iOS 15, macOS 12):
//
//     swiftc -parse-as-library Screen.swift && ./Screen http://127.0.0.1:8787 detl_test_… chest.png
//
// Written from the documentation of Foundation; no Swift compiler was at hand to try it with.
import Foundation

struct Screening: Decodable {
    let id: String
    let probabilities: [String: Double]
    let label: String
    let disclaimer: String
}

/// A refusal (RFC 9457): `type` ends in a stable code.
struct Problem: Decodable, Error {
    let type: String
    let title: String
    let status: Int
    let detail: String
}

/// POST /v1/screenings. Call it again with the same `idempotencyKey` after a lost connection: it is charged once.
func screen(endpoint: URL, key: String, image: Data, idempotencyKey: String) async throws -> Screening {
    var request = URLRequest(url: endpoint.appendingPathComponent("v1/screenings"), timeoutInterval: 60)
    request.httpMethod = "POST"
    request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization")
    request.setValue(idempotencyKey, forHTTPHeaderField: "Idempotency-Key")
    request.setValue("application/octet-stream", forHTTPHeaderField: "Content-Type")
    let (body, response) = try await URLSession.shared.upload(for: request, from: image)
    guard (response as? HTTPURLResponse)?.statusCode == 200 else {
        throw try JSONDecoder().decode(Problem.self, from: body)
    }
    return try JSONDecoder().decode(Screening.self, from: body)
}

@main
struct Main {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let endpoint = URL(string: arguments[1]) else {
            fatalError("usage: Screen ENDPOINT KEY FILE")
        }
        let image = try Data(contentsOf: URL(fileURLWithPath: arguments[3]))
        do {
            let answer = try await screen(
                endpoint: endpoint, key: arguments[2], image: image, idempotencyKey: UUID().uuidString)
            for (name, share) in answer.probabilities.sorted(by: { $0.key < $1.key }) {
                print(name, String(format: "%.3f", share))
            }
            print(answer.disclaimer)
        } catch let problem as Problem {
            print("\(problem.title): \(problem.detail)")
            exit(1)
        }
    }
}
