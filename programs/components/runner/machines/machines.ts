import { expression, type Machine, type State } from "./asl.ts";
import { begin, done, fails, failsInJob } from "./ends.ts";
import { type Places, taskSeconds } from "./places.ts";
import { aTurn, catchJob, job, leaseHeld, message, mostApplies, mostTurns } from "./tasks.ts";

/** Looked at most so often until something is frozen. */
export const mostLooks = 3;

/** A pull request's plan, with the policy pack, said on the pull request. */
export function planMachine(places: Places): Machine {
  return {
    Comment: "Plan every stack that a pull request touches",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    States: {
      Begin: begin("Plan"),
      Plan: job(places, {
        role: "plan",
        queue: "preview",
        command: "['ci', 'pull-request', '--pull-request', $pullRequest]",
        next: "Planned",
        catch: catchJob("NotPlanned"),
      }),
      Planned: done,
      NotPlanned: failsInJob("NotPlanned", "The pull request must not be merged, or was not planned"),
    },
  };
}

/** Exit codes of `switchyard ci merge` (docs/errors.md). */
const wentBack = 27;
const couldNotGoBack = 32;
const refused = 28;
const frozen = 23;
/** Of a configuration, of the guard and of shared names: by these nothing was written, and the same commit is refused again. */
const refusals = [2, 15, 31];
/** What GitHub refuses, or has not, is asked for before the first write; it may be there in a minute. */
const notYet = [11, 24];

/**
 * Plan, approval, apply, validate. `ci merge` itself applies the last good commit where an update fails; the machine
 * validates that, runs again a job that died, and freezes the stack where neither ends well.
 */
export function planApplyMachine(places: Places): Machine {
  return {
    Comment: "Plan a merge, wait for its approval, apply and validate it; the last good commit where that fails",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    States: {
      Begin: begin("Plan"),
      Plan: job(places, {
        role: "plan",
        queue: "production",
        command: "['plan', $stack]",
        next: "AskApproval",
        catch: catchJob("NotPlanned"),
      }),
      AskApproval: message(places, {
        kind: "approval",
        waitSeconds: places.approvalSeconds,
        next: "Apply",
        catch: [
          { ErrorEquals: ["Rejected"], Next: "Rejected" },
          { ErrorEquals: ["States.Timeout"], Next: "NotApprovedInTime" },
          { ErrorEquals: ["States.ALL"], Next: "NotAsked" },
        ],
      }),
      ...applying(places),
      NotPlanned: failsInJob("NotPlanned", "There is no plan to approve"),
      NotAsked: fails("NotAsked", "Nobody could be asked for approval; nothing was applied"),
      Rejected: fails("Rejected", "The plan was rejected; nothing was applied"),
      NotApprovedInTime: fails("NotApprovedInTime", "Nobody approved the plan in time; nothing was applied"),
    },
  };
}

/**
 * The same of what a workflow hands over: GitHub has asked for its approval already, and so nobody is asked here. Whoever may
 * start it needs no answer, so that it is a machine of its own.
 */
export function mergeMachine(places: Places): Machine {
  return {
    Comment: "Apply a merge that a workflow hands over, and validate it; the last good commit where that fails",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    States: {
      Begin: begin("Which"),
      Which: {
        Type: "Choice",
        Choices: [{ Condition: expression("$exists($states.input.check) and $states.input.check"), Next: "Check" }],
        Default: "Apply",
      },
      Check: job(places, {
        // A merge that puts drift back is planned with what is there.
        role: "drift",
        queue: "production",
        command: "['ci', 'merge', '--only', $stack, '--check']",
        next: "Checked",
        catch: catchJob("WhyNotChecked"),
      }),
      WhyNotChecked: {
        Type: "Choice",
        Choices: [{ Condition: expression(`$exitCode = ${refused}`), Next: "Refused" }],
        Default: "NotChecked",
      },
      Checked: done,
      NotChecked: failsInJob("NotChecked", "There is no plan to hold against the approved one; nothing was applied"),
      ...applying(places),
    },
  };
}

/** From `Apply` on. */
function applying(places: Places): Readonly<Record<string, State>> {
  // Each kind of job may change the stacks of its own role, and no others.
  const definition = expression(
    `$stack = '${places.deployStack}' ? '${places.jobDefinitions.deploy}' : '${places.jobDefinitions.apply}'`,
  );
  const changes = { role: "apply", queue: "production", definition, seconds: taskSeconds("deploy") } as const;
  return {
    Apply: job(places, {
      ...changes,
      command: "$append(['ci', 'merge', '--only', $stack], $takeBack ? ['--take-back'] : [])",
      // The turns that it has waited for are not those of what comes next.
      assign: { turns: 0 },
      next: "Validate",
      catch: catchJob("WhyNotApplied"),
    }),
    WhyNotApplied: {
      Type: "Choice",
      Choices: [
        { Condition: expression(`$exitCode = ${wentBack}`), Next: "ValidateLastGood" },
        // It has frozen the stack itself.
        { Condition: expression(`$exitCode = ${couldNotGoBack}`), Next: "Alert" },
        { Condition: expression(`$exitCode = ${refused}`), Next: "Refused" },
        {
          Condition: expression(`$exitCode in [${refusals}] and $applies = 0 and $not($takeBack)`),
          Next: "Refused",
        },
        // No job of it has begun; none that is to take it back or to freeze it would start either.
        { Condition: expression("$unstarted != '' and $not($begun) and $not($takeBack)"), Next: "NotStarted" },
        // By somebody, or by an earlier merge. After a job that died it is frozen for what that left.
        { Condition: expression(`$exitCode = ${frozen} and $applies = 0`), Next: "FrozenBefore" },
        {
          Condition: expression(`$exitCode = ${leaseHeld} and $turns < ${mostTurns}`),
          Assign: { turns: expression("$turns + 1") },
          Next: "WaitForTurn",
        },
        { Condition: expression(`$exitCode = ${leaseHeld}`), Next: "NoTurn" },
        {
          Condition: expression(`$applies < ${mostApplies - 1}`),
          Assign: {
            applies: expression("$applies + 1"),
            begun: expression(`$begun or $not($exitCode in [${notYet}])`),
          },
          Next: "WaitForTurn",
        },
        {
          Condition: expression(`$exitCode in [${notYet}] and $not($begun) and $not($takeBack)`),
          Next: "NotBegun",
        },
      ],
      Default: "Freeze",
    },
    WaitForTurn: { Type: "Wait", Seconds: aTurn, Next: "Apply" },
    ...validating(places, "Validate", "Applied"),
    ...validating(places, "ValidateLastGood", "WentBack"),
    Freeze: job(places, {
      ...changes,
      command: "['freeze', $stack, '--why', 'Not as it should be after ' & $states.context.Execution.Name]",
      next: "Alert",
      // Whoever is alerted learns that it is not frozen from `status`.
      catch: catchJob("Alert"),
    }),
    Alert: message(places, {
      kind: "frozen",
      next: "Frozen",
      catch: [{ ErrorEquals: ["States.ALL"], Next: "Frozen" }],
    }),
    Applied: done,
    Refused: fails("Refused", "What was merged may not be applied as it is; nothing was applied"),
    NotBegun: failsInJob("NotBegun", "GitHub was not to be asked for what was merged; nothing was applied"),
    NotStarted: failsInJob("NotStarted", "Nothing was applied"),
    FrozenBefore: fails("FrozenBefore", "The stack was frozen before; nothing was applied"),
    NoTurn: fails("NoTurn", "Another process holds the stack's lease; nothing was applied"),
    WentBack: fails("WentBack", "The update failed, and the last good commit is applied and validated"),
    Frozen: failsInJob("Frozen", "Neither the merge nor the last good commit is applied as it should be"),
  };
}

/**
 * A look at whether the stack is as it was applied, which writes nothing: so it is taken again, minutes later. Another may be at
 * work on the stack by then, whose change looks like one made by hand, or the job has died; what a hand has changed stays.
 */
function validating(places: Places, state: string, next: string): Readonly<Record<string, State>> {
  const [why, wait] = [`WhyNot${state}`, `WaitTo${state}`];
  return {
    // What is made is read: `plan` may only ask what a program asks.
    [state]: job(places, {
      ...{ role: "drift", queue: "production", command: "['drift', $stack]" },
      next,
      catch: catchJob(why),
    }),
    [why]: {
      Type: "Choice",
      Choices: [
        {
          Condition: expression(`$exitCode = ${leaseHeld} and $turns < ${mostTurns}`),
          Assign: { turns: expression("$turns + 1") },
          Next: wait,
        },
        {
          Condition: expression(`$exitCode != ${leaseHeld} and $looks < ${mostLooks - 1}`),
          Assign: { looks: expression("$looks + 1") },
          Next: wait,
        },
      ],
      Default: "Freeze",
    },
    [wait]: { Type: "Wait", Seconds: aTurn, Next: state },
  };
}

/** A release of the one environment that its jobs may deploy to, whatever its input says. */
export function releaseMachine(places: Places): Machine {
  return {
    Comment: "Deploy a release that a workflow hands over",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    States: {
      Begin: begin("Deploy", "tag", "service"),
      Deploy: job(places, {
        role: "deploy",
        queue: "production",
        command: `$append(['deploy', '${places.deployStack}', '--tag', $tag], $service = '' ? [] : ['--service', $service])`,
        next: "Deployed",
        catch: catchJob("NotDeployed"),
      }),
      Deployed: done,
      NotDeployed: failsInJob("NotDeployed", "The version was not deployed"),
    },
  };
}

/** One command of `switchyard`, with the rights of a role. */
export function runMachine(places: Places): Machine {
  const definitions = JSON.stringify(places.jobDefinitions);
  const longest = job(places, {
    role: "deploy",
    queue: "production",
    command: "$command",
    definition: expression(`$lookup(${definitions}, $role)`),
    next: "Ran",
    catch: catchJob("Failed"),
  });
  return {
    Comment: "Run one command",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    States: {
      Begin: begin("KnownRole", "role", "command"),
      KnownRole: {
        Type: "Choice",
        Choices: [
          { Condition: expression(`$role in ${JSON.stringify(Object.keys(places.jobDefinitions))}`), Next: "Run" },
        ],
        Default: "UnknownRole",
      },
      Run: longest,
      Ran: done,
      Failed: failsInJob("Failed", "The command failed"),
      UnknownRole: fails("UnknownRole", "The input's role is none of the runner's"),
    },
  };
}
