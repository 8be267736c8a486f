import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { JAVA, javaArguments, javaClassPath } from './java.ts'

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

/** What the validator must find, so that it is seen to look. */
const WRONG = JSON.stringify({ resourceType: 'DiagnosticReport', status: 'perhaps' })

/**
 * What is known to be said of right resources: of code systems that the validator does not hold, of what is good practice where nothing is known,
 * of `{score}`, which UCUM lets stand for the unity and which HL7 v2 and SR have too, and of an interpretation that has no code: as before.
 */
const EXPECTED =
  /CodeSystem is unknown|codeSystem .* is not supported|ValueSet .* not found|Best Practice Recommendation|multiple matching profiles|^UCUM Codes .* like \{score\}|^No code provided, .* 'Observation Interpretation Codes'/

export type Findings = {
  /** Lines of name, place and text. */
  readonly errors: readonly string[]
  /** Those that are not expected. */
  readonly warnings: readonly string[]
}

/**
 * What HL7’s validator finds in resources.
 * @param resources JSON by name
 * @throws Error where it did not read all of them, or finds nothing wrong in a wrong one
 */
export async function validateFhir(resources: Readonly<Record<string, string>>): Promise<Findings> {
  const dir = mkdtempSync(join(tmpdir(), 'detl-fhir-'))
  try {
    const all = { ...resources, wrong: WRONG }
    const files = Object.entries(all).map(([name, json]) => {
      const file = join(dir, name)
      writeFileSync(file, json)
      return file
    })
    writeFileSync(join(dir, 'Validate.java'), PROGRAM)
    const path = await javaClassPath(ARTIFACTS)
    const { stdout } = await promisify(execFile)(
      JAVA,
      [...javaArguments(path), join(dir, 'Validate.java'), ...files],
      { maxBuffer: 2 ** 24 },
    )
    const said = stdout.split('\n').map((line) => line.split('\t'))
    const read = said.filter(([, what]) => what === 'READ').map(([name]) => name)
    const errorsOf = (wanted: boolean) =>
      said.filter(([name, what]) => (name === 'wrong') === wanted && /^(ERROR|FATAL)$/.test(what!))
    if (read.join() !== files.map((file) => basename(file)).join() || errorsOf(true).length === 0)
      throw new Error(`the validator did not look: ${stdout}`)
    const warnings = said.filter(
      ([name, what, , text = '']) => name !== 'wrong' && what === 'WARNING' && !EXPECTED.test(text),
    )
    return {
      errors: errorsOf(false).map((one) => one.join(' ')),
      warnings: warnings.map((one) => one.join(' ')),
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}
