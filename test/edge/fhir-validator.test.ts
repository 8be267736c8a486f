import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { JAVA, javaArguments, javaClassPath, noJava } from '../support/java.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'

const execute = promisify(execFile)
const HAPI = '8.8.0'
const ARTIFACTS = ['validation', 'structures-r4', 'validation-resources-r4', 'caching-caffeine'].map(
  (name) => `ca.uhn.hapi.fhir:hapi-fhir-${name}:${HAPI}`,
)

/** HL7’s instance validator over the definitions of R4; codes of systems that it does not hold (SNOMED CT, LOINC, ours) are warnings. */
const PROGRAM = `
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.*;
import ca.uhn.fhir.validation.*;
import java.nio.file.*;
import org.hl7.fhir.common.hapi.validation.support.*;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

public class Validate {
  public static void main(String[] files) throws Exception {
    FhirContext context = FhirContext.forR4();
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
    FhirInstanceValidator module = new FhirInstanceValidator(new ValidationSupportChain(
      new DefaultProfileValidationSupport(context), new CommonCodeSystemsTerminologyService(context),
      new InMemoryTerminologyServerValidationSupport(context), unknown));
    FhirValidator validator = context.newValidator().registerValidatorModule(module);
    for (String file : files) {
      String name = Path.of(file).getFileName().toString();
      for (SingleValidationMessage one : validator.validateWithResult(Files.readString(Path.of(file))).getMessages())
        System.out.println(String.join("\\t", name, one.getSeverity().name(), one.getLocationString(), one.getMessage()));
      System.out.println(name + "\\tREAD");
    }
  }
}`

describe.skipIf(noJava)(`HL7’s FHIR validator${noJava ? ` (${noJava})` : ''}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'detl-fhir-'))
  let edge: Awaited<ReturnType<typeof edgeApp>>
  const files: string[] = []
  let said: string[][]

  beforeAll(async () => {
    edge = await edgeApp({ manifest: testManifest({ operatingPoints: OPERATING_POINTS }) })
    const keep = async (name: string, body: Uint8Array<ArrayBuffer>, accept: string, headers = {}) => {
      const file = join(dir, name)
      writeFileSync(file, await (await edge.screen(body, { accept, ...headers })).text())
      files.push(file)
    }
    const fhir = 'application/fhir+json'
    const references = { 'fhir-subject': 'Patient/p1', 'fhir-imaging-study': 'ImagingStudy/s1' }
    await keep('png', await chestPng(), fhir)
    await keep('dicom', chestDicom(), fhir, { 'accept-language': 'de' })
    await keep('references', chestDicom(), fhir, references)
    await keep('inline', chestDicom(), `${fhir};image=inline`)
    await keep('bundle', chestDicom(), `${fhir};image=binary`)
    await keep('outcome', new TextEncoder().encode('no image'), fhir)
    // What the validator must find, so that it is seen to look.
    writeFileSync(join(dir, 'wrong'), JSON.stringify({ resourceType: 'DiagnosticReport', status: 'perhaps' }))
    files.push(join(dir, 'wrong'))
    writeFileSync(join(dir, 'Validate.java'), PROGRAM)
    const path = await javaClassPath(ARTIFACTS)
    const { stdout } = await execute(JAVA, [...javaArguments(path), join(dir, 'Validate.java'), ...files], {
      maxBuffer: 2 ** 24,
    })
    said = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
  }, 300_000)
  afterAll(async () => {
    await edge?.stop()
    rmSync(dir, { recursive: true })
  })

  it('finds no error in any FHIR answer: reports, Bundle and OperationOutcome', () => {
    expect(said.filter(([, what]) => what === 'READ')).toHaveLength(files.length)
    const errors = said.filter(([name, what]) => name !== 'wrong' && /^(ERROR|FATAL)$/.test(what!))
    expect(errors).toEqual([])
    expect(said.some(([name, what]) => name === 'wrong' && what === 'ERROR')).toBe(true)
  })

  it('warns of nothing but code systems that it does not hold, and of what is good practice where nothing is known', () => {
    const known =
      /CodeSystem is unknown|codeSystem .* is not supported|ValueSet .* not found|Best Practice Recommendation|multiple matching profiles/
    const others = said.filter(
      ([name, what, , text = '']) => name !== 'wrong' && what === 'WARNING' && !known.test(text),
    )
    expect(others).toEqual([])
  })
})
