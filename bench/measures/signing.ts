import { randomBytes } from 'node:crypto';
import { type Load, load } from '../load/wrk.ts';
import { busy } from '../scale.ts';

/** Signs as fast as it goes for so many seconds, each time as somebody new. `url` takes the form. */
export const signAt = (url: string, seconds: number, connections = busy): Promise<Load> => {
  const random = randomBytes(6);
  const args = [random.toString('hex'), String(random.readUIntBE(0, 3))];
  return load({ url, script: 'sign', expected: 303, args, connections, seconds });
};
