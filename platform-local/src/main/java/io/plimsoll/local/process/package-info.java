/// Processes that outlive their death: started, watched, started again, ended.
///
/// A [ProcessPlan] says how a process is started, when it is ready and how it is asked to end; one
/// [Supervised] agent (a thread) per plan keeps it alive. What runs is written to a [RunFile], with
/// the process id and its start time ([ProcessIdentity]), so that another supervisor adopts it
/// after this one was killed and a recycled process id is never taken for ours.
///
/// Failure: a process that dies is started again at once; one that keeps dying before it was ever
/// ready waits longer each time, up to 10 s.
@NullMarked
package io.plimsoll.local.process;

import org.jspecify.annotations.NullMarked;
