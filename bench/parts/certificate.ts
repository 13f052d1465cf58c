import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** A certificate for hcaptcha.com that only this run believes. Returns the paths of it and its key. */
export function makeCertificate(folder: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, 'hcaptcha.pem'), join(folder, 'hcaptcha-key.pem')];
  const { error, status, stderr } = spawnSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-nodes',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=hcaptcha.com', '-addext', 'subjectAltName=DNS:hcaptcha.com'],
      ...['-keyout', key, '-out', cert],
    ],
    { encoding: 'utf8' },
  );
  if (error) throw new Error('There is no openssl, which makes the certificate of the fake hCaptcha');
  if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`);
  return { cert, key };
}
