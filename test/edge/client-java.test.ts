import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { listen } from '../support/listen.ts'

const execute = promisify(execFile)
const CONTRACT = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url))
const GENERATOR = '7.17.0'
const noJava = ['java', 'mvn'].some((tool) => spawnSync(tool, ['-version']).status !== 0)
  ? 'no Java or Maven: install Debian’s packages default-jdk-headless and maven'
  : undefined

/** What an integrator writes: one screening, and one that is refused. */
const PROGRAM = `
import java.io.File;
import org.openapitools.client.*;
import org.openapitools.client.api.ScreeningApi;
import org.openapitools.client.model.Screening;

public class Screen {
  public static void main(String[] args) throws Exception {
    ApiClient client = new ApiClient();
    client.setBasePath(args[0]);
    client.setBearerToken(args[1]);
    ScreeningApi api = new ScreeningApi(client);
    Screening screening = api.createScreening(new File(args[2]), null, null, null, null, null, null);
    System.out.println(screening.getLabel() + " " + screening.getProbabilities().size() + " " + screening.getDecision().getHeadline());
    try {
      api.createScreening(new File(args[3]), null, null, null, null, null, null);
    } catch (ApiException refused) {
      System.out.println(refused.getCode() + " " + refused.getResponseBody());
    }
  }
}`

describe.skipIf(noJava)(`a Java client of openapi-generator ${noJava ?? ''}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'detl-java-'))
  const client = join(work, 'client')
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let served: Awaited<ReturnType<typeof listen>>
  const maven = (cwd: string, ...args: string[]) =>
    execute('mvn', ['-q', '-B', ...args], { cwd, maxBuffer: 2 ** 24 })

  beforeAll(async () => {
    edge = await edgeApp()
    served = await listen(edge)
    const jar = join(
      homedir(),
      `.m2/repository/org/openapitools/openapi-generator-cli/${GENERATOR}/openapi-generator-cli-${GENERATOR}.jar`,
    )
    if (!existsSync(jar))
      await maven(
        work,
        'dependency:get',
        `-Dartifact=org.openapitools:openapi-generator-cli:${GENERATOR}`,
        '-Dtransitive=false',
      )
    const flags = ['-g', 'java', '--library', 'apache-httpclient', '--global-property', 'skipFormModel=false']
    await execute('java', ['-jar', jar, 'generate', '-i', CONTRACT, '-o', client, ...flags], {
      maxBuffer: 2 ** 24,
    })
    mkdirSync(join(client, 'src/main/java'), { recursive: true })
    writeFileSync(join(client, 'src/main/java/Screen.java'), PROGRAM)
    await maven(
      client,
      '-DskipTests',
      '-Dmaven.test.skip=true',
      'compile',
      'dependency:build-classpath',
      '-Dmdep.outputFile=classpath',
    )
  }, 300_000)
  afterAll(async () => {
    await served?.stop()
    await edge?.stop()
    rmSync(work, { recursive: true })
  })

  it('compiles, screens, and reads a refusal', async () => {
    writeFileSync(join(work, 'chest.png'), await chestPng(1, 512))
    writeFileSync(join(work, 'letter.txt'), 'Dear doctor')
    const { stdout: path } = await execute('cat', [join(client, 'classpath')])
    const { stdout } = await execute('java', [
      '-cp',
      `${join(client, 'target/classes')}:${path.trim()}`,
      'Screen',
      served.url,
      edge.key,
      join(work, 'chest.png'),
      join(work, 'letter.txt'),
    ])
    const [answered, refused] = stdout.trim().split('\n')
    expect(answered).toMatch(/^[a-z0-9_]+ 4 \S/)
    expect(refused).toMatch(/^415 .*\/problems\/image-unsupported/)
  })
})
