import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/detl-java', import.meta.url))

/** Why nothing of Java can be tried here; undefined where it can. */
export const noJava = ['java', 'mvn'].some((tool) => spawnSync(tool, ['-version']).status !== 0)
  ? 'no Java or Maven: install Debian’s packages default-jdk-headless and maven'
  : undefined

/** A logging interface that all of them agree on; without it the oldest one asked for is taken. */
const LOGGING = ['org.slf4j:slf4j-api:2.0.17', 'org.slf4j:slf4j-nop:2.0.17']

/**
 * Class path of Maven artifacts with all that they need, fetched once.
 * @param artifacts `group:name:version`
 */
export async function javaClassPath(artifacts: readonly string[]): Promise<string> {
  const dependencies = [...artifacts, ...LOGGING]
    .map((one) => one.split(':'))
    .map(
      ([group, name, version]) =>
        `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`,
    )
    .join('')
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>detl</groupId><artifactId>test</artifactId><version>1</version><dependencies>${dependencies}</dependencies></project>`
  const kept = join(CACHE, createHash('sha256').update(pom).digest('hex'))
  const known = existsSync(kept) ? readFileSync(kept, 'utf8') : undefined
  if (known?.split(':').every((jar) => existsSync(jar))) return known
  const dir = mkdtempSync(join(tmpdir(), 'detl-maven-'))
  try {
    writeFileSync(join(dir, 'pom.xml'), pom)
    await execute('mvn', ['-q', '-B', 'dependency:build-classpath', '-Dmdep.outputFile=path'], {
      cwd: dir,
      maxBuffer: 2 ** 24,
    })
    const path = readFileSync(join(dir, 'path'), 'utf8').trim()
    mkdirSync(CACHE, { recursive: true })
    writeFileSync(`${kept}.${process.pid}`, path)
    renameSync(`${kept}.${process.pid}`, kept)
    return path
  } finally {
    rmSync(dir, { recursive: true })
  }
}

export const JAVA = 'java'

/** Arguments of `java` for a short program: its own compiler's first stage starts sooner. */
export const javaArguments = (classPath: string): string[] => ['-XX:TieredStopAtLevel=1', '-cp', classPath]
