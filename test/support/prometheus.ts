import assert from 'node:assert/strict';

export type Sample = { name: string; labels: Record<string, string>; value: number };
export type Exposed = { types: Map<string, string>; samples: Sample[] };

/** Reads the text that Prometheus is given: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function readMetrics(text: string): Exposed {
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
  const lines = text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm);
  const samples = [...lines].map(([, name = '', labels = '', value]) => ({
    ...{ name, labels: labelsIn(labels) },
    value: Number(value),
  }));
  return { types, samples };
}

const labelsIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]),
  );

/** The sum of a metric's samples that have these labels. */
export const sumOf = ({ samples }: Exposed, name: string, labels: Record<string, string> = {}): number =>
  samples
    .filter((one) => one.name === `undersigned_${name}`)
    .filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);

type Matcher = { label: string; operator: string; value: string };
type Selector = { name: string; matchers: Matcher[] };

const words = new Set(['and', 'or', 'unless', 'bool', 'offset']);
/** Labels that Prometheus gives every series by where it comes from. */
const targetLabels = ['instance', 'job'];

/** What a query asks for: `rate(a_total{b="c"}[5m])` selects `a_total` where `b` is `c`. */
export function selectorsIn(query: string): { selectors: Selector[]; grouped: string[] } {
  const grouped: string[] = [];
  const rest = query
    .replaceAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g, (_, labels: string) => {
      grouped.push(...labels.split(/,\s*/));
      return '';
    })
    .replaceAll(/\[[^\]]*\]/g, '');
  const named = rest.matchAll(/\b([a-zA-Z_:][\w:]*)\b(?!\s*\()(?:\{([^}]*)\})?/g);
  const selectors = [...named]
    .filter(([, name = '']) => !words.has(name))
    .map(([, name = '', inside = '']) => ({
      name,
      matchers: [...inside.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
        ([, label = '', operator = '', value = '']) => ({ label, operator, value }),
      ),
    }));
  return { selectors, grouped };
}

/** What is wrong with a query, asked of processes that say this: names, labels and values that are not there. */
export function faultsOfQuery(query: string, { samples }: Exposed): string[] {
  const { selectors, grouped } = selectorsIn(query);
  assert.ok(selectors.length > 0, `nothing is asked for: ${query}`);
  const known = new Set<string>(targetLabels);
  const faults = selectors.flatMap(({ name, matchers }) => {
    const ours = samples.filter((sample) => sample.name === name);
    if (ours.length === 0) return [`${name} is not there`];
    const values = (label: string) => new Set(ours.map(({ labels }) => labels[label]));
    for (const { labels } of ours) for (const label of Object.keys(labels)) known.add(label);
    return matchers
      .filter(({ label }) => !targetLabels.includes(label))
      .flatMap(({ label, operator, value }) => {
        if (!ours.some(({ labels }) => label in labels)) return [`${name} has no ${label}`];
        const wanted = operator.endsWith('~') ? value.split('|') : [value];
        return wanted.filter((one) => !values(label).has(one)).map((one) => `${name} has no ${label} ${one}`);
      });
  });
  return [...faults, ...grouped.filter((label) => !known.has(label)).map((label) => `nothing has ${label}`)];
}
