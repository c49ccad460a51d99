import type { Command } from './command.ts';

/** Every command, in the order `--help` lists them. Each loads its code only when asked for, so none slows another. */
export const commands: readonly Entry[] = [
  {
    words: ['init'],
    summary: 'Write a small gateway to start from',
    load: async () => (await import('./init.ts')).init,
  },
  { words: ['serve'], summary: 'Run the gateway', load: async () => (await import('./serve.ts')).serve },
  {
    words: ['check'],
    summary: 'Find every problem in the configuration',
    load: async () => (await import('./check.ts')).checkCommand,
  },
  {
    words: ['test'],
    summary: 'Run the tests of the policy',
    load: async () => (await import('./test.ts')).testCommand,
  },
  {
    words: ['plan'],
    summary: 'Say who gains or loses which tool by a change',
    load: async () => (await import('./plan/plan.ts')).plan,
  },
  {
    words: ['explain'],
    summary: 'Say why somebody may or may not call a tool',
    load: async () => (await import('./explain.ts')).explainCommand,
  },
  { words: ['who'], summary: 'List who may call a tool', load: async () => (await import('./who.ts')).whoCommand },
  {
    words: ['what'],
    summary: 'List the tools that somebody may call',
    load: async () => (await import('./what.ts')).whatCommand,
  },
  {
    words: ['lock'],
    summary: 'Compare what servers offer with what was reviewed',
    load: async () => (await import('./lock.ts')).lockCommand,
  },
  {
    words: ['codeowners'],
    summary: 'Say in CODEOWNERS who is asked about what',
    load: async () => (await import('./codeowners.ts')).codeowners,
  },
  {
    words: ['robot', 'key'],
    summary: 'Make a key for a robot',
    load: async () => (await import('./robot-key.ts')).robotKey,
  },
  {
    heading: 'Ask the log',
    words: ['audit', 'query'],
    summary: 'Ask the audit log in SQL',
    load: async () => (await import('./audit/query.ts')).auditQuery,
  },
  {
    words: ['audit', 'shell'],
    summary: 'Ask the audit log in SQL, one statement after another',
    load: async () => (await import('./audit/shell.ts')).auditShell,
  },
  {
    words: ['audit', 'report'],
    summary: 'Print a report of the audit log, with what proves it',
    load: async () => (await import('./audit/report.ts')).auditReport,
  },
  {
    words: ['audit', 'reports'],
    summary: 'List the reports, or tell what one of them takes',
    load: async () => (await import('./audit/reports.ts')).auditReports,
  },
  {
    words: ['audit', 'trim'],
    summary: 'Write the patch that takes away what nobody used',
    load: async () => (await import('./audit/trim.ts')).auditTrim,
  },
  {
    words: ['audit', 'why'],
    summary: 'Decide a recorded call again, and say why',
    load: async () => (await import('./audit/why.ts')).auditWhy,
  },
  {
    words: ['audit', 'mac'],
    summary: 'Print the MAC of a text, to ask whether it was ever sent',
    load: async () => (await import('./audit/mac.ts')).auditMac,
  },
  {
    words: ['audit', 'review'],
    summary: 'Put on record that somebody looked at a period of the log',
    load: async () => (await import('./audit/review.ts')).auditReview,
  },
  {
    heading: 'Prove it',
    words: ['audit', 'verify'],
    summary: 'Prove that the audit log is intact',
    load: async () => (await import('./audit/verify.ts')).auditVerify,
  },
  {
    words: ['audit', 'head'],
    summary: 'Print the signed heads of the log, to keep elsewhere',
    load: async () => (await import('./audit/head.ts')).auditHead,
  },
  {
    words: ['audit', 'anchor'],
    summary: 'Keep the heads in another folder or repository',
    load: async () => (await import('./audit/anchor.ts')).auditAnchor,
  },
  {
    words: ['audit', 'prove'],
    summary: 'Prove that one record is in the log',
    load: async () => (await import('./audit/prove.ts')).auditProve,
  },
  {
    words: ['audit', 'check-proof'],
    summary: 'Check such a proof, with the public key alone',
    load: async () => (await import('./audit/check-proof.ts')).auditCheckProof,
  },
  {
    words: ['audit', 'keys'],
    summary: 'Print the public key that checks signatures',
    load: async () => (await import('./audit/keys.ts')).auditKeys,
  },
  {
    heading: 'Keep it and hand it over',
    words: ['audit', 'seal'],
    summary: 'Compress finished files of the log, and list them',
    load: async () => (await import('./audit/seal.ts')).auditSeal,
  },
  {
    words: ['audit', 'archive'],
    summary: 'Copy sealed days of the log to Parquet',
    load: async () => (await import('./audit/archive.ts')).auditArchive,
  },
  {
    words: ['audit', 'retention'],
    summary: 'Remove days of the log whose time is over',
    load: async () => (await import('./audit/retention.ts')).auditRetention,
  },
  {
    words: ['audit', 'hold'],
    summary: 'Keep days of the log for a case, whatever their age',
    load: async () => (await import('./audit/hold.ts')).auditHold,
  },
  {
    words: ['audit', 'export'],
    summary: 'Print the log in the words of other systems',
    load: async () => (await import('./audit/export.ts')).auditExport,
  },
  {
    words: ['audit', 'evidence'],
    summary: 'Pack the evidence of a period into one zip, for auditors',
    load: async () => (await import('./audit/evidence.ts')).auditEvidence,
  },
];

export interface Entry {
  /** Stands before this command and those after it in the help of its group. */
  readonly heading?: string;
  readonly words: readonly string[];
  readonly summary: string;
  readonly load: () => Promise<Command>;
}
