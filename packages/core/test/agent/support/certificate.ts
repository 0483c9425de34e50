import { generate } from 'selfsigned';

/** A key and a certificate for `localhost` that signs itself. */
export function selfSigned(): { key: string; cert: string } {
  const made = generate([{ name: 'commonName', value: 'localhost' }], { days: 1, keySize: 2048, algorithm: 'sha256' });
  return { key: made.private, cert: made.cert };
}
