package io.plimsoll.local.process;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The ports of the data directory's processes, kept between runs where they are still free.
///
/// A port that is taken gives way to one a few hundred higher, below the range from which the
/// system takes the ports of outgoing connections: a process that was down for a moment would else
/// find its port used by some client, or a client that retries would connect to itself.
///
/// A port is picked long before its process binds it. Until this JVM ends it is therefore also
/// locked, by a file that all platforms of this user know: two that start at once would else pick
/// the same one, and each take the other's answers for its own.
public final class Ports {

  private static final int STEP = 100;
  private static final int END = 32_000;

  private static final Path LOCKS =
      Path.of(System.getProperty("user.home"), ".cache", "plimsoll", "ports");
  // an open channel is what holds a lock
  private static final Map<Path, FileChannel> LOCKED = new ConcurrentHashMap<>();

  private final Path file;
  private final Path locks;
  private final Properties kept = new Properties();
  private final Set<Integer> given = new HashSet<>();

  public Ports(Path file) {
    this(file, LOCKS);
  }

  Ports(Path file, Path locks) {
    this.file = file;
    this.locks = locks;
    if (Files.exists(file)) {
      try (Reader reader = Files.newBufferedReader(file)) {
        kept.load(reader);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /// The port for a name: that of the last run, else the usual one, else the next free one. One
  /// that `running` holds is a process of ours, and kept.
  public int pick(String name, int usual, int running) {
    int port = running != 0 ? running : free(name, usual);
    lock(port);
    given.add(port);
    kept.setProperty(name, Integer.toString(port));
    return port;
  }

  private int free(String name, int usual) {
    String last = kept.getProperty(name);
    if (last != null && isFree(Integer.parseInt(last))) {
      return Integer.parseInt(last);
    }
    for (int port = usual; port < END; port += STEP) {
      if (isFree(port)) {
        return port;
      }
    }
    throw new IllegalStateException("no free port for " + name + " from " + usual + " upwards");
  }

  /// A port for a process that comes and goes: free now, and not given again by the system soon.
  public static int passing() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isFree(int port) {
    if (given.contains(port)) {
      return false;
    }
    // on macOS one may bind beside somebody who listens on all addresses
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
      return false;
    } catch (IOException _) {
      try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return lock(port);
      } catch (IOException _) {
        return false;
      }
    }
  }

  /// False when another platform has the port. One that this JVM has locked already is free to it.
  private boolean lock(int port) {
    Path lock = locks.resolve(Integer.toString(port));
    if (LOCKED.containsKey(lock)) {
      return true;
    }
    try {
      Files.createDirectories(locks);
      FileChannel channel =
          FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        channel.close();
        return false;
      }
      LOCKED.put(lock, channel);
      return true;
    } catch (IOException _) {
      // a home that cannot be written to, or a file system without locks: without, then
      return true;
    }
  }

  /// Remembers the ports for the next run.
  public void keep() {
    try (Writer writer = Files.newBufferedWriter(file)) {
      kept.store(writer, null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
