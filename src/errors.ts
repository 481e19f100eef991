/**
 * Every error that a drill throws on purpose; the local cloud has its own beside its parts. `name` is what Step Functions matches and what
 * `docs/runbook.md` is indexed by: a literal, because minifiers change class names. A message says what failed, what was expected, and what
 * to do next; it never holds a secret or row data. Errors of the AWS SDK pass through unrenamed.
 */
export abstract class DrillError extends Error {
  abstract override readonly name: `Drill.${string}`;
  /** What the step had learned when it failed: journalled, so that a failed drill still tells its story. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details;
  }
}

/** The execution's input or a step's input does not have the shape the step needs. */
export class InputInvalid extends DrillError {
  override readonly name = "Drill.InputInvalid";
}

/** The plan file does not parse, or a value in it can not be. */
export class PlanInvalid extends DrillError {
  override readonly name = "Drill.PlanInvalid";
}

/** No plan of that name was deployed. */
export class PlanNotFound extends DrillError {
  override readonly name = "Drill.PlanNotFound";
}

/** The database cluster that the plan names is not there. */
export class SourceNotFound extends DrillError {
  override readonly name = "Drill.SourceNotFound";
}

/** The source is not something this version can drill (engine, version). */
export class SourceUnsupported extends DrillError {
  override readonly name = "Drill.SourceUnsupported";
}

/** The database has no backup that could be restored: the worst finding there is. */
export class NoRecoveryPoint extends DrillError {
  override readonly name = "Drill.NoRecoveryPoint";
}

/** The exercise can not be held with this plan or from where the stack stands, or was about to use what it takes to be lost. */
export class ExerciseRefused extends DrillError {
  override readonly name = "Drill.ExerciseRefused";
}

/** The drill region, its key or its network can not take a sandbox. */
export class SandboxRefused extends DrillError {
  override readonly name = "Drill.SandboxRefused";
}

/**
 * What was to be taken over is not what AWS Backup restored of this database to have it tested, can not be tested any more, or is somebody else's to
 * test. AWS Backup is told nothing: its job is not this drill's.
 */
export class RestoreTestRefused extends DrillError {
  override readonly name = "Drill.RestoreTestRefused";
}

/** What AWS Backup restored of this database, to have it tested, stands where no sandbox may. */
export class RestoreTestMisplaced extends DrillError {
  override readonly name = "Drill.RestoreTestMisplaced";
}

/** The estimate is over the plan's cap. */
export class CostOverCap extends DrillError {
  override readonly name = "Drill.CostOverCap";
}

/** An alarm, a finding or a request is about nothing that a plan is for. No drill was started. */
export class NoPlanForEvent extends DrillError {
  override readonly name = "Drill.NoPlanForEvent";
}

/** So many events of one incident came at once that this one could not see which of them starts the drill. */
export class IncidentContended extends DrillError {
  override readonly name = "Drill.IncidentContended";
}

/** A request names another moment than the one that the drill of the open incident goes back to. */
export class IncidentOpen extends DrillError {
  override readonly name = "Drill.IncidentOpen";
}

/** Another drill of the database, or as many as the region takes, ran for as long as this one may wait. */
export class TurnTimedOut extends DrillError {
  override readonly name = "Drill.TurnTimedOut";
}

/** What finish-drill was given is no execution of a drill that has ended. */
export class NotInterrupted extends DrillError {
  override readonly name = "Drill.NotInterrupted";
}

/** A resource has this drill's name but not its tags: it is left alone. */
export class NotOurs extends DrillError {
  override readonly name = "Drill.NotOurs";
}

/** RDS gave up on the copy. */
export class CopyFailed extends DrillError {
  override readonly name = "Drill.CopyFailed";
}

/** The copy was not available by its deadline. */
export class CopyTimedOut extends DrillError {
  override readonly name = "Drill.CopyTimedOut";
}

/** A quota of RDS was taken, or RDS throttled, for as long as a drill waits for that. */
export class QuotaTaken extends DrillError {
  override readonly name = "Drill.QuotaTaken";
}

/** Somebody stopped or deleted the sandbox while it was being drilled. */
export class SandboxLost extends DrillError {
  override readonly name = "Drill.SandboxLost";
}

/** The sandbox reached a state from which RDS does not recover. */
export class RestoreFailed extends DrillError {
  override readonly name = "Drill.RestoreFailed";
}

/** The sandbox did not answer its first query by its deadline. */
export class RestoreTimedOut extends DrillError {
  override readonly name = "Drill.RestoreTimedOut";
}

/** The sandbox is up and answers with an error, such as that the database is not in it. */
export class FirstQueryFailed extends DrillError {
  override readonly name = "Drill.FirstQueryFailed";
}

/** Something could reach the sandbox, or be reached from it. No check was run. */
export class NotIsolated extends DrillError {
  override readonly name = "Drill.NotIsolated";
}

/** What an earlier step stored is not there or can not be read. */
export class EvidenceUnreadable extends DrillError {
  override readonly name = "Drill.EvidenceUnreadable";
}

/** The plan, or its source, is not set up for a baseline: no secret, no Data API, no check that compares with an earlier time. */
export class BaselineImpossible extends DrillError {
  override readonly name = "Drill.BaselineImpossible";
}

/** The capture was given up. Whatever baseline there was before still stands. */
export class BaselineFailed extends DrillError {
  override readonly name = "Drill.BaselineFailed";
}
