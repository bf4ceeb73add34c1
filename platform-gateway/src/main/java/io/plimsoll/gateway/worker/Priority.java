package io.plimsoll.gateway.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How much of a core a thread gets beside others that want it, too.
///
/// On Linux whoever runs a process may lower its threads, but not raise them again (setpriority(2),
/// sched(7)). Elsewhere they keep what they have.
public final class Priority {

  /// The one that calls.
  public static final int THIS_THREAD = 0;

  /// The threads of this process, by their ids.
  public static final Path THREADS = Path.of("/proc/self/task");

  /// Whether there is such a thing on this system.
  public static final boolean IS_KNOWN = Files.isDirectory(THREADS);

  private static final Logger log = LoggerFactory.getLogger(Priority.class);

  private Priority() {}

  @SuppressWarnings("restricted") // calls the kernel
  private static final class Kernel {
    private static final int THREAD = 0; // PRIO_PROCESS, on Linux of a thread

    private static final MethodHandle GET = function("getpriority", JAVA_INT, JAVA_INT);
    private static final MethodHandle SET = function("setpriority", JAVA_INT, JAVA_INT, JAVA_INT);

    private static MethodHandle function(String name, MemoryLayout... arguments) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
    }
  }

  /// Lowers a thread where that is possible.
  ///
  /// @param by how much nicer it becomes, 19 at most; each step makes its weight 1.25 times less
  public static void lower(int thread, int by) {
    if (!IS_KNOWN) {
      return;
    }
    try {
      int nice = (int) Kernel.GET.invokeExact(Kernel.THREAD, thread);
      if ((int) Kernel.SET.invokeExact(Kernel.THREAD, thread, Math.min(nice + by, 19)) != 0) {
        log.debug("Thread {} keeps its priority, or has ended", thread);
      }
    } catch (Throwable e) {
      log.warn("Threads keep their priority: {}", e.toString());
    }
  }
}
