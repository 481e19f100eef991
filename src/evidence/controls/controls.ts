/** What a field of a drill's evidence tells of what a control asks. */
export interface Shown {
  /** `report` is report.json, `ledger` the drill's entry, `manifest` manifest.json, `plan` plan.json; then the path in it. */
  readonly fields: readonly string[];
  readonly what: string;
}

export interface Control {
  readonly id: string;
  readonly framework: string;
  readonly reference: string;
  /** In short, and in our words: the text of the control is what counts. */
  readonly asks: string;
  readonly shown: readonly Shown[];
  /** What an auditor needs beside it. */
  readonly notShown: readonly string[];
  /**
   * What of one drill decides: `recovery`: its verdict. `data`: whether every required check held, also where it came too late. `segregated`: its verdict,
   * and that the sandbox was seen to be closed.
   */
  readonly question: "recovery" | "data" | "segregated";
}

const TESTED: Shown = {
  fields: ["ledger.startedAt", "ledger.endedAt", "ledger.verdict", "report.verdict.summary"],
  what: "when it was tested, and what came of it",
};
const WHICH_PLAN: Shown = {
  fields: ["report.plan", "report.drill.planSha256", "plan.plan"],
  what: "which plan was followed, in which version",
};
const OBJECTIVES: Shown = {
  fields: ["report.verdict.objectives.rto", "report.verdict.objectives.rpo", "report.verdict.phases"],
  what: "recovery time by phase and data lost, each against its objective",
};
const INTEGRITY: Shown = {
  fields: ["report.checks", "report.drill.references", "report.counterproof"],
  what: "what was asked of the restored data, what it was held against, and whether the checks see damage",
};
const WHICH_BACKUP: Shown = {
  fields: ["report.drill.recoveryPoint", "report.drill.copy", "ledger.recoveryPath"],
  what: "which backup was restored, how old it was, how it is encrypted, and by which way it came back",
};
const FAILURES: Shown = {
  fields: ["report.verdict.findings", "report.verdict.nextStep", "ledger.causes"],
  what: "what was wrong, and what to do about it",
};
const WHO: Shown = {
  fields: ["report.trigger", "report.execution.id"],
  what: "who or what started it",
};
const UNALTERED: Shown = {
  fields: ["manifest.files", "manifest.previous", "ledger.manifestSha256"],
  what: "that the record is the one that was written (restore-drill verify-evidence)",
};

const NOBODY_REVIEWED =
  "That a person reviewed the result and acted on it: the export leaves columns for who, when and what.";

/**
 * What drills answer of what auditors ask about tested backups. Which paragraph applies to whom, and whether this is enough, is for the auditor to
 * say: nothing here makes anybody compliant.
 */
export const CONTROLS: readonly Control[] = [
  {
    id: "soc2-a1.3",
    framework: "SOC 2, Trust Services Criteria (2017)",
    reference: "A1.3",
    asks: "Procedures for recovering the system are tried out, so that objectives can be met; also that backups are whole and right.",
    shown: [TESTED, WHICH_PLAN, OBJECTIVES, INTEGRITY, FAILURES, UNALTERED],
    notShown: [
      NOBODY_REVIEWED,
      "Business continuity beyond the database: applications, people who are not there, communication.",
      "That plans were changed after a test that failed.",
    ],
    question: "recovery",
  },
  {
    id: "iso27001-a.8.13",
    framework: "ISO/IEC 27001:2022, Annex A",
    reference: "A.8.13",
    asks: "Copies of information and systems are kept and regularly tested, as a policy on backups says.",
    shown: [
      TESTED,
      WHICH_BACKUP,
      INTEGRITY,
      { fields: ["plan.plan.cadence"], what: "how often the plan promises a test" },
      UNALTERED,
    ],
    notShown: [
      NOBODY_REVIEWED,
      "The policy itself, and that the plan's objectives and cadence are those of the policy.",
      "Backups of anything but this database; how long backups are kept.",
    ],
    question: "data",
  },
  {
    id: "nist-cp-4",
    framework: "NIST SP 800-53 Rev. 5",
    reference: "CP-4",
    asks: "The contingency plan is tested as often and in the ways that the organisation set; results are reviewed, and corrections begun.",
    shown: [TESTED, WHICH_PLAN, OBJECTIVES, FAILURES, WHO, UNALTERED],
    notShown: [
      NOBODY_REVIEWED,
      "The contingency plan itself, and its parts beyond restoring this database.",
      "That corrective action was taken: only that a later drill passed.",
    ],
    question: "recovery",
  },
  {
    id: "nist-cp-9-1",
    framework: "NIST SP 800-53 Rev. 5",
    reference: "CP-9(1)",
    asks: "Backup information is tested for whether its media can be relied on and its content is unharmed.",
    shown: [
      WHICH_BACKUP,
      INTEGRITY,
      { fields: ["ledger.rowsRead", "report.verdict.phases"], what: "that every row could be read" },
      UNALTERED,
    ],
    notShown: [
      NOBODY_REVIEWED,
      "Backups that no drill chose: a drill proves the one that it restored.",
      "What no check of the plan asks.",
    ],
    question: "data",
  },
  {
    id: "dora-12",
    framework: "DORA, Regulation (EU) 2022/2554",
    reference: "Article 12",
    asks: "Backup, restoration and recovery are documented and tested from time to time; what is restored runs apart from its source, safe from access; objectives for time and data loss are set for each function; the data's integrity is checked.",
    shown: [
      TESTED,
      WHICH_PLAN,
      WHICH_BACKUP,
      {
        fields: ["report.network", "report.isolation", "report.drill.source", "report.drill.sandbox"],
        what: "that the sandbox was closed, and in which region and network beside the source",
      },
      { fields: ["report.teardown", "report.leftovers"], what: "that nothing of it was left" },
      OBJECTIVES,
      INTEGRITY,
      UNALTERED,
    ],
    notShown: [
      NOBODY_REVIEWED,
      "The policies and the criticality of the function: what the objectives should be.",
      "Physical segregation beyond AWS regions and accounts; redundant capacity; reconciliation with other parties.",
    ],
    question: "segregated",
  },
];
