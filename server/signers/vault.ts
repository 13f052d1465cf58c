import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import { parseAddress } from './address.ts';

type EncryptionKey = { readonly id: string; readonly key: Buffer };
export type Vault = ReturnType<typeof createVault>;

const nonceBytes = 12;
const tagBytes = 16;
/** Most people's mail is with few providers. */
const domainsRemembered = 1_000;

/**
 * Text as two people would type the same name: without the accents of Latin letters, however it is capitalised (`ß` is
 * `SS`) and spaced, with one kind of apostrophe and of hyphen.
 */
const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/[‘’ʼ`´]/g, "'")
    .replaceAll(/[‐‑–]/g, '-')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Random bytes are drawn for many nonces at once: a call for each would take as long as the sealing. */
const nonces = Buffer.alloc(nonceBytes * 512);
let drawn = nonces.length;

function nextNonce(): Buffer {
  if (drawn === nonces.length) {
    randomFillSync(nonces);
    drawn = 0;
  }
  drawn += nonceBytes;
  return nonces.subarray(drawn - nonceBytes, drawn);
}

/** A key for one purpose, so that no two purposes share one. RFC 5869. */
export const deriveKey = (secret: Buffer, purpose: string): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `undersigned/${purpose}`, 32)));

/**
 * Seals personal data (AES-256-GCM) and makes the keyed hashes it is found by.
 * A sealed value is `[length of key id][key id][nonce][tag][ciphertext]`; `place` says where it belongs
 * (record and field), so that a value copied into another record does not open.
 */
export function createVault(keys: readonly EncryptionKey[], lookupKey: Buffer) {
  const [current] = keys;
  if (!current) throw new Error('The vault needs a key');
  // Key objects all: from plain bytes each call would make one anew, at several times the cost.
  const keyOf = new Map(keys.map(({ id, key }) => [id, createSecretKey(key)]));
  const currentKey = createSecretKey(current.key);
  const addressKey = deriveKey(lookupKey, 'address');
  const networkKey = deriveKey(lookupKey, 'network');
  const nameKey = deriveKey(lookupKey, 'name');
  const domainKey = deriveKey(lookupKey, 'domain');
  const domainKeys = new Map<string, string>();
  const paperKey = deriveKey(lookupKey, 'paper');
  const organisationKey = deriveKey(lookupKey, 'organisation');

  return {
    seal(text: string, place: string): Buffer {
      const nonce = nextNonce();
      const cipher = createCipheriv('aes-256-gcm', currentKey, nonce).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      const id = Buffer.from(current.id);
      return Buffer.concat([Buffer.of(id.length), id, nonce, cipher.getAuthTag(), sealed]);
    },

    /** Throws where the key is not known, the value was changed, or it belongs to another place. */
    open(sealed: Uint8Array, place: string): string {
      const value = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const nonceAt = 1 + (value[0] ?? 0);
      const tagAt = nonceAt + nonceBytes;
      const textAt = tagAt + tagBytes;
      const key = keyOf.get(value.toString('utf8', 1, nonceAt));
      if (!key) throw new Error('A sealed value names an encryption key that is not in ENCRYPTION_KEYS');
      const decipher = createDecipheriv('aes-256-gcm', key, value.subarray(nonceAt, tagAt), {
        authTagLength: tagBytes,
      })
        .setAAD(Buffer.from(place))
        .setAuthTag(value.subarray(tagAt, textAt));
      return decipher.update(value.subarray(textAt), undefined, 'utf8') + decipher.final('utf8');
    },

    /** The keyed hash that stands for a mailbox: equal for every spelling of it, useless without the key. */
    emailKey(canonical: string): string {
      return createHmac('sha256', addressKey).update(canonical).digest('base64url');
    },

    /** The keyed hash that stands for a network address where only equality matters. */
    networkKey(address: string): string {
      return createHmac('sha256', networkKey).update(address).digest('base64url');
    },

    /** The keyed hash a name is found by, however it is capitalised, accented and spaced. */
    nameKey(name: string): string {
      return createHmac('sha256', nameKey).update(plain(name)).digest('base64url');
    },

    /** The keyed hash that stands for the domain of an address. */
    domainKey(domain: string): string {
      const known = domainKeys.get(domain);
      if (known) return known;
      const key = createHmac('sha256', domainKey).update(domain.toLowerCase()).digest('base64url');
      if (domainKeys.size < domainsRemembered) domainKeys.set(domain, key);
      return key;
    },

    /** The keyed hash of what an organisation is known by: its folded name, its website. */
    organisationKey(trait: string): string {
      return createHmac('sha256', organisationKey).update(trait).digest('base64url');
    },

    /** Stands for a signer on paper who gave no address, where {@link emailKey} would. */
    paperKey(name: string, postalCode: string): string {
      const person = `${plain(name)}\n${plain(postalCode).replaceAll(' ', '')}`;
      return `paper:${createHmac('sha256', paperKey).update(person).digest('base64url')}`;
    },

    /** {@link emailKey} of whatever was typed; undefined where that is no address. */
    emailKeyOf(typed: string): string | undefined {
      const address = parseAddress(typed);
      return address && this.emailKey(address.canonical);
    },
  };
}
