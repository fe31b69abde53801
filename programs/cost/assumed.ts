/** What an estimate takes for use where `switchyard:cost` says nothing; each a month's (config.ts has the units). */
export const assumed = {
  hours: 730,
  natGb: 50,
  lcuHundredths: 50,
  egressGb: 50,
  logGb: 1,
  storedGb: 10,
  migrationSeconds: 600,
  wafMillionRequests: 1,
  thousandTraces: 100,
  cdnGb: 50,
  cdnMillionRequests: 1,
  topicMessages: 100,
  thousandMails: 10,
  buildMinutes: 300,
  thousandTransitions: 1,
  notifierSeconds: 600,
} as const;

/** The use an estimate is made for, by the names of `switchyard:cost`. */
export type Assumptions = Readonly<Record<keyof typeof assumed, number>>;
