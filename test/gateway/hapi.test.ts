import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { freePort } from '../support/free-port.ts'
import { serviceFor } from '../support/gateway.ts'
import { JAVA, javaArguments, javaClassPath, noJava } from '../support/java.ts'

const ARTIFACTS = ['ca.uhn.hapi:hapi-base:2.6.0', 'ca.uhn.hapi:hapi-structures-v251:2.6.0']

/** HAPI as the receiver: it parses, validates and acknowledges; what it read is printed, a field a line. */
const PROGRAM = `
import ca.uhn.hl7v2.*;
import ca.uhn.hl7v2.app.*;
import ca.uhn.hl7v2.model.*;
import ca.uhn.hl7v2.model.v251.message.ORU_R01;
import ca.uhn.hl7v2.model.v251.group.*;
import ca.uhn.hl7v2.model.v251.segment.*;
import ca.uhn.hl7v2.protocol.*;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.util.Map;

public class Receive implements ReceivingApplication<Message> {
  public boolean canProcess(Message message) { return true; }
  public Message processMessage(Message message, Map<String, Object> meta) throws HL7Exception {
    ORU_R01 oru = (ORU_R01) message;
    ORU_R01_PATIENT_RESULT result = oru.getPATIENT_RESULT();
    PID pid = result.getPATIENT().getPID();
    System.out.println("patient\\t" + pid.getPatientIdentifierList(0).getIDNumber() + "\\t" + pid.getPatientName(0).getFamilyName().getSurname());
    ORU_R01_ORDER_OBSERVATION order = result.getORDER_OBSERVATION();
    System.out.println("order\\t" + order.getOBR().getFillerOrderNumber().encode() + "\\t" + order.getOBR().getResultStatus());
    for (ORU_R01_OBSERVATION one : order.getOBSERVATIONAll()) {
      OBX obx = one.getOBX();
      System.out.println("obx\\t" + obx.getValueType() + "\\t" + obx.getObservationIdentifier().getIdentifier() + "\\t" + obx.getObservationValue(0).getData().getClass().getSimpleName());
    }
    System.out.println("end");
    try { return message.generateACK(); } catch (java.io.IOException e) { throw new HL7Exception(e); }
  }
  public static void main(String[] args) throws Exception {
    HapiContext context = new DefaultHapiContext();
    context.setValidationContext(ValidationContextFactory.defaultValidation());
    HL7Service server = context.newServer(Integer.parseInt(args[0]), false);
    server.registerApplication(new Receive());
    server.startAndWait();
    System.out.println("ready");
  }
}`

describe.skipIf(noJava)(`HAPI as the receiver of HL7 v2${noJava ? ` (${noJava})` : ''}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'detl-hapi-'))
  const lines: string[][] = []
  let port: number
  let receiver: ChildProcess | undefined
  let service: Awaited<ReturnType<typeof serviceFor>>
  let gateway: Awaited<ReturnType<typeof service.start>> | undefined
  const said = (what: string) => lines.filter(([first]) => first === what)

  beforeAll(async () => {
    service = await serviceFor()
    port = await freePort()
    writeFileSync(join(dir, 'Receive.java'), PROGRAM)
    const path = await javaClassPath(ARTIFACTS)
    receiver = spawn(JAVA, [...javaArguments(path), join(dir, 'Receive.java'), String(port)], {
      // HAPI counts its messages in a file, id_file, of the folder that it runs in.
      cwd: dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let rest = ''
    receiver.stdout!.on('data', (piece: Buffer) => {
      const all = (rest + piece).split('\n')
      rest = all.pop()!
      lines.push(...all.map((line) => line.split('\t')))
    })
    await vi.waitFor(() => expect(said('ready')).toHaveLength(1), { timeout: 120_000, interval: 50 })
  }, 300_000)
  afterAll(async () => {
    await gateway?.stop()
    if (receiver?.exitCode === null) {
      receiver.kill('SIGKILL')
      await once(receiver, 'exit')
    }
    await service?.stop()
    rmSync(dir, { recursive: true })
  })

  it('parses and validates an ORU^R01 with its overlay, and its acknowledgement is taken', async () => {
    mkdirSync(join(service.dir, 'hapi'))
    writeFileSync(join(service.dir, 'hapi', 'a.dcm'), chestDicom(96, { '00100010': ['PN', 'O|Neil^Ann'] }))
    const ris = { kind: 'hl7', host: '127.0.0.1', port, receiver: 'RIS', image: 'png' }
    gateway = await service.start(
      { folders: [{ path: 'hapi', everyS: 0.05 }], destinations: { ris } },
      'data-hapi',
    )
    await expect.poll(() => said('end').length, { interval: 50 }).toBe(1)
    expect(said('patient')).toEqual([['patient', 'PAT-0815', 'O|Neil']])
    const kinds = said('obx').map(([, type, , read]) => `${type} ${read}`)
    expect(kinds[0]).toMatch(/^(TX|FT|ST) /)
    expect(kinds.filter((kind) => kind === 'NM NM')).toHaveLength(4)
    expect(kinds.at(-1)).toBe('ED ED')
    await expect.poll(() => gateway!.queue.waiting()).toBe(0)
    expect(said('end')).toHaveLength(1) // an acknowledgement that was not taken would bring it again
  })
})
