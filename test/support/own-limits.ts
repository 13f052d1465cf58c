import * as limits from '../../config/limits.ts';

/** Read by a process of its own before anything else: see `limitsOf`. */
const ours: Record<string, object> = JSON.parse(process.env.OWN_LIMITS ?? '{}');
for (const [name, values] of Object.entries(ours)) {
  const known = (limits as Record<string, unknown>)[name];
  if (!known) throw new Error(`There are no limits ${name}`);
  Object.assign(known, values);
}
