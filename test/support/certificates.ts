import { spawnSync } from 'node:child_process'

/** An authority with two certificates for this machine. */
export function certificates(dir: string): void {
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=Tests')
  for (const name of ['gateway', 'peer'])
    openssl(
      ...['req', '-x509', ...key, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-subj', `/CN=${name}`],
      ...[
        '-addext',
        'subjectAltName=DNS:localhost,IP:127.0.0.1',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.crt`,
      ],
    )
}
