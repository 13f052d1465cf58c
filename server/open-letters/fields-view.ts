import type { Typed } from '../signatures/form.ts';
import { signerOf } from './form.ts';

const fields = ['title', 'affiliation', 'organisation', 'website', 'role'] as const;

/** The part of an open letter's form that asks who signs, with what was typed. */
export function signatoryFieldsView(typed: Typed) {
  const signer = signerOf(typed);
  return {
    isPerson: signer === 'person',
    isTitled: signer === 'titled',
    isOrganisation: signer === 'organisation',
    ...Object.fromEntries(fields.map((field) => [field, typed[field] ?? ''])),
    listing: Boolean(typed.listing),
  };
}
