/** How long what a drill makes may stand: the deadlines in its document, the tags on its resources and the sweep all follow from these. */

/**
 * What AWS's own restore handler allows. A look is 9 history events (5 of the Task, 2 of the Choice, 2 of the Wait), and an execution may have
 * 25,000: 36 h of checks and 6 h of teardown with a look every 75 s are 2,016 looks, the denser ones at the beginning of four loops some 220, and
 * 8 h of waiting for a turn, after an incident, 290: together 22,800 events. All of it ends before the execution's own 60 h.
 */
export const MAX_TIME_SECONDS = 36 * 3600;
/** Of its own, since a drill that ran out of time must still have time to clean up. AWS's own handler allows deletions hours. */
export const TEARDOWN_SECONDS = 6 * 3600;
/** Nothing of a drill has a reason to stand longer than this after its own deadlines: the tag says so to whoever finds it. */
export const EXPIRES_AFTER_SECONDS = 3600;
/** 36 h + 6 h + 1 h = 43 h: what was made longer ago than this and is not kept is of no drill that still runs. */
export const LONGEST_DRILL_SECONDS = MAX_TIME_SECONDS + TEARDOWN_SECONDS + EXPIRES_AFTER_SECONDS;
/** A weekend and a day: who has not looked at a kept sandbox by then will not. */
export const MAX_KEEP_SECONDS = 72 * 3600;
/** The execution's own limit, in statemachines/restore-drill.asl.json: a drill that waited for its turn begins at most this long after the moment in its name. */
export const EXECUTION_SECONDS = 60 * 3600;
/** For its turn a drill waits longer than most drills take, and short enough for the history of an execution. */
export const TURN_SECONDS = 8 * 3600;
/**
 * What may come after a drill's last deadline with all its attempts: the call of the checks that began before it (5 x 900 s), judging, answering AWS
 * Backup (5 x 120 s each), evidence (5 x 300 s), telling (9 x 120 s, and 20 min of pauses) are 9,480 s.
 */
const AFTERWARDS_SECONDS = 3 * 3600;
/** How long after the end of its checks an execution has no reason to run any more. */
export const OVERTIME_SECONDS = TEARDOWN_SECONDS + AFTERWARDS_SECONDS;
/** The same after its start, by the plan's `limits.time`: 53 h at most, of its own 60 h. */
export const drillSeconds = (timeSeconds: number): number => TURN_SECONDS + timeSeconds + OVERTIME_SECONDS;
/** The same of the execution that finishes a drill, which first asks for 5 min and waits for what runs on, 250 s at most. It has 12 h of its own. */
export const FINISH_SECONDS = 600 + OVERTIME_SECONDS;
