import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import type { Provider } from './provider.ts';
import { createRepresent, represent } from './represent/represent.ts';
import type { ProviderName, Wanted } from './representative.ts';
import { createTable } from './table/table.ts';

export type Providers = Readonly<Record<ProviderName, Provider>>;

export const createProviders = (tools: Pick<Platform, 'env' | 'log' | 'redis'>): Providers => ({
  represent: createRepresent(tools),
  table: createTable(),
});

/** Where a provider's people are stored; for whoever needs nothing else of it. */
export const sourceOf = (provider: ProviderName): Promise<string | undefined> =>
  provider === 'table' ? createTable().source() : Promise.resolve(represent);

/** Whom the petition's letter goes to; undefined where that is nobody's representative. */
export function wantedBy({
  kind,
  representatives,
}: Pick<Petition, 'kind' | 'representatives'>): Wanted | undefined {
  const { provider, offices } = representatives ?? {};
  return kind === 'letter' && provider && offices?.length ? { provider, offices } : undefined;
}
