#!/usr/bin/env bash
# openapi-generator 7.17.0, a Java client of a contract whose request body is an image: `image/png`, type string, format binary.
#   Assumed: with a method that takes a java.io.File, the file's bytes are sent, whichever of the generator's Java libraries is chosen.
#   Seen: `native` (Java's own HTTP client) sends the file's path as a JSON text, under `Content-Type: image/png`, and says nothing;
#   `apache-httpclient` sends the bytes.
# Needs Java 11 or later, Maven and Node 22 or later. Exits non-zero where something else is seen.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(cat "$dir/pid") 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
version=7.17.0
mvn -q -B dependency:get -Dartifact=org.openapitools:openapi-generator-cli:$version -Dtransitive=false
mvn -q -B dependency:copy -Dartifact=org.openapitools:openapi-generator-cli:$version -DoutputDirectory=.
cat >contract.json <<'JSON'
{ "openapi": "3.1.0", "info": { "title": "Pictures", "version": "1" },
  "paths": { "/pictures": { "post": { "operationId": "addPicture", "tags": ["picture"],
    "requestBody": { "required": true, "content": { "image/png": { "schema": { "type": "string", "format": "binary" } } } },
    "responses": { "200": { "description": "its length", "content": { "application/json": { "schema": { "type": "object", "properties": { "bytes": { "type": "integer" } } } } } } } } } } }
JSON
# A server that keeps what it was sent.
cat >server.mjs <<'JS'
import { createServer } from 'node:http'
import { writeFileSync } from 'node:fs'
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray())
  writeFileSync('seen.bin', body)
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ bytes: body.length }))
})
server.listen(0, '127.0.0.1', () => writeFileSync('port', String(server.address().port)))
JS
node server.mjs & echo $! >pid
# The smallest PNG: one grey pixel.
node -e "
const z = require('zlib'), c = (t, d) => { const b = Buffer.concat([Buffer.from(t), d]), l = Buffer.alloc(4), s = Buffer.alloc(4); l.writeUInt32BE(d.length); s.writeUInt32BE(z.crc32(b)); return Buffer.concat([l, b, s]) }
require('fs').writeFileSync('pixel.png', Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), c('IHDR', Buffer.from('00000001000000010800000000', 'hex')), c('IDAT', z.deflateSync(Buffer.from([0, 128]))), c('IEND', Buffer.alloc(0))]))"
while [ ! -s port ]; do sleep 0.1; done
echo "openapi-generator $version, $(java -version 2>&1 | head -1)"
for library in native apache-httpclient; do
  java -jar openapi-generator-cli-$version.jar generate -g java --library $library -i contract.json -o $library >log 2>&1
  base=setBasePath; [ $library = native ] && base=updateBaseUri
  cat >$library/src/main/java/Send.java <<JAVA
public class Send {
  public static void main(String[] args) throws Exception {
    org.openapitools.client.ApiClient client = new org.openapitools.client.ApiClient();
    client.$base("http://127.0.0.1:$(cat port)");
    new org.openapitools.client.api.PictureApi(client).addPicture(new java.io.File("$dir/pixel.png"));
  }
}
JAVA
  (cd $library && mvn -q -B -Dmaven.test.skip=true compile dependency:build-classpath -Dmdep.outputFile=classpath)
  java -cp "$library/target/classes:$(cat $library/classpath)" Send
  if cmp -s seen.bin pixel.png; then seen=bytes; elif [ "$(cat seen.bin)" = "\"$dir/pixel.png\"" ]; then seen=path; else seen=other; fi
  echo "$library: the server got the ${seen} of the file"
  eval "seen_${library//-/_}=$seen"
done
[ "$seen_native" = path ] && [ "$seen_apache_httpclient" = bytes ]
