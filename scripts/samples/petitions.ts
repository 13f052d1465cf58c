import { footbridge } from './footbridge.ts';
import { kilnStreetGarden } from './kiln-street-garden.ts';
import { lateBus } from './late-bus.ts';
import { librarySaturdays } from './library-saturdays.ts';
import type { SamplePetition } from './sample.ts';

export function samplePetitions(now: Date): SamplePetition[] {
  return [librarySaturdays(now), footbridge(now), kilnStreetGarden(now), lateBus(now)];
}
