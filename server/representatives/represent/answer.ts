import { z } from 'zod';
import { representativeLimits } from '../../../config/limits.ts';
import { parseAddress } from '../../signers/address.ts';
import type { Told } from '../representative.ts';

/** Not ours: one line, of a length that fits, without anything that turns text around. */
const line = (most: number = representativeLimits.text) =>
  z
    .string()
    .catch('')
    .transform((text) =>
      text
        .replaceAll(/[\p{C}\s]+/gu, ' ')
        .trim()
        .slice(0, most),
    );
/** A list that may be absent or null. */
const list = z
  .array(z.unknown())
  .nullish()
  .transform((found) => (found ?? []).slice(0, representativeLimits.inAnswer));

/** https://represent.opennorth.ca/api/#postcode: a key is absent where there is nothing to say. */
const answer = z.object({
  code: z.string(),
  boundaries_concordance: list,
  boundaries_centroid: list,
  representatives_concordance: list,
  representatives_centroid: list,
});

const boundary = z.object({ name: line() });

const person = z.object({
  name: line(),
  elected_office: line(),
  district_name: line(),
  party_name: line(),
  email: line(254),
  extra: z.object({ preferred_languages: z.array(z.string()).catch([]) }).catch({ preferred_languages: [] }),
  related: z.object({ representative_set_url: line() }).catch({ representative_set_url: '' }),
});

/** What an answer says, each person with the council they sit in; undefined where it is not an answer about the code. */
export function readAnswer(
  code: string,
  json: unknown,
): { people: { told: Told; body: string }[]; districts: string[] } | undefined {
  const read = answer.safeParse(json);
  if (!read.success || read.data.code.toUpperCase() !== code) return undefined;
  const { data } = read;
  const people = [...data.representatives_concordance, ...data.representatives_centroid].flatMap((found) => {
    const one = person.safeParse(found);
    return one.success && one.data.name && one.data.elected_office ? [toldOf(one.data)] : [];
  });
  const districts = [...data.boundaries_concordance, ...data.boundaries_centroid].flatMap((found) => {
    const { data } = boundary.safeParse(found);
    return data?.name ? [data.name] : [];
  });
  return { people, districts: [...new Set(districts)] };
}

function toldOf({
  name,
  elected_office,
  district_name,
  party_name,
  email,
  extra,
  related,
}: z.output<typeof person>) {
  const [preferred] = extra.preferred_languages;
  const language = preferred === 'French' ? 'fr' : preferred === 'English' ? 'en' : undefined;
  const told: Told = {
    ...{ name, office: elected_office, district: district_name, party: party_name, title: elected_office },
    email: parseAddress(email)?.address,
    language,
  };
  return { told, body: related.representative_set_url };
}
