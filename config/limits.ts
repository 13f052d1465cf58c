/**
 * Every limit that people tune, as data, in a file for each part of the platform. Times are in seconds unless it says
 * otherwise.
 */

/** Letters to decision makers, open letters, and finding representatives. */
export * from './limits/letters.ts';
/** Mail and what it tells: confirmations, updates, the newsletter; and feeds. */
export * from './limits/mail.ts';
/** Organizers' own work: files, long tasks, moderation, the dashboard. */
export * from './limits/organize.ts';
/** Petitions, their pictures, goals and campaigns, and what stands on official sites. */
export * from './limits/petitions.ts';
/** The public's requests: how many, how large, and how long the check of one may take. */
export * from './limits/requests.ts';
/** A web process under load: what it takes, keeps in memory and turns away, how it starts and stops. */
export * from './limits/serving.ts';
/** Signatures: how long they are kept, and how they are counted. */
export * from './limits/signatures.ts';
