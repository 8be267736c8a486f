"""Screens an X-ray, with nothing but Python's standard library:

    python3 examples/api/screen.py http://127.0.0.1:8787 detl_test_… chest.png
"""

import json
import sys
import urllib.error
import urllib.request
import uuid


def screen(endpoint: str, key: str, image: bytes, idempotency_key: str) -> dict:
    """The answer of POST /v1/screenings. Call it again with the same idempotency_key after a lost connection: it is charged once."""
    request = urllib.request.Request(
        f"{endpoint}/v1/screenings",
        data=image,
        headers={
            "Authorization": f"Bearer {key}",
            "Idempotency-Key": idempotency_key,
            "Content-Type": "application/octet-stream",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as refusal:
        problem = json.load(refusal)
        raise SystemExit(f"{problem['title']}: {problem['detail']}") from refusal


if __name__ == "__main__":
    endpoint, key, path = sys.argv[1:]
    with open(path, "rb") as file:
        answer = screen(endpoint, key, file.read(), str(uuid.uuid4()))
    for name, share in answer["probabilities"].items():
        print(f"{name:14} {share:.3f}")
    print(answer["disclaimer"])
