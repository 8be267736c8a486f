/*
 * Screens an X-ray with nothing but the platform's own HTTP client, so that it runs on Android and on the JVM:
 *
 *     kotlinc Screen.kt -include-runtime -d screen.jar && java -jar screen.jar http://127.0.0.1:8787 detl_test_… chest.png
 */
import java.io.File
import java.net.HttpURLConnection
import java.net.URL
import java.util.UUID
import kotlin.system.exitProcess

/** What the service answered; `body` is JSON, of a refusal too (RFC 9457). */
class Answer(val status: Int, val retryAfterSeconds: Long?, val body: String) {
    val ok get() = status == 200
}

/** POST /v1/screenings. Call it again with the same idempotencyKey after a lost connection: it is charged once. */
fun screen(endpoint: String, key: String, image: ByteArray, idempotencyKey: String): Answer {
    val connection = URL("$endpoint/v1/screenings").openConnection() as HttpURLConnection
    try {
        connection.requestMethod = "POST"
        connection.connectTimeout = 10_000
        connection.readTimeout = 60_000
        connection.doOutput = true
        connection.setFixedLengthStreamingMode(image.size)
        connection.setRequestProperty("Authorization", "Bearer $key")
        connection.setRequestProperty("Idempotency-Key", idempotencyKey)
        connection.setRequestProperty("Content-Type", "application/octet-stream")
        connection.outputStream.use { it.write(image) }
        val status = connection.responseCode
        val stream = if (status < 400) connection.inputStream else connection.errorStream
        val body = stream?.use { it.readBytes().toString(Charsets.UTF_8) } ?: ""
        return Answer(status, connection.getHeaderField("Retry-After")?.toLongOrNull(), body)
    } finally {
        connection.disconnect()
    }
}

fun main(args: Array<String>) {
    val (endpoint, key, path) = args
    val image = File(path).readBytes()
    val study = UUID.randomUUID().toString()
    var answer = screen(endpoint, key, image, study)
    val wait = answer.retryAfterSeconds
    if (!answer.ok && wait != null && wait <= 10) { // it passes by itself: once more, and still one charge
        Thread.sleep(wait * 1000)
        answer = screen(endpoint, key, image, study)
    }
    if (!answer.ok) {
        System.err.println(answer.body)
        exitProcess(1)
    }
    println(answer.body)
}
