const browsers: Readonly<Record<string, string>> = {
  Edg: 'Edge',
  OPR: 'Opera',
  Firefox: 'Firefox',
  FxiOS: 'Firefox',
  CriOS: 'Chrome',
  Chrome: 'Chrome',
  Safari: 'Safari',
};
const systems: Readonly<Record<string, string>> = {
  Android: 'Android',
  iPhone: 'iPhone',
  iPad: 'iPad',
  Windows: 'Windows',
  'Mac OS X': 'macOS',
  CrOS: 'ChromeOS',
  Linux: 'Linux',
};

/** `Firefox on Android`, from what a browser calls itself. */
export function deviceName(agent: string): string {
  // In the order of the table: most browsers also call themselves by the names further down.
  const browser = Object.keys(browsers).find((name) => agent.includes(`${name}/`));
  const system = Object.keys(systems).find((name) => agent.includes(name));
  const name = browser ? browsers[browser] : 'A browser';
  return system ? `${name} on ${systems[system]}` : String(name);
}
