package io.plimsoll.subscriptions;

import java.util.List;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/// A server in a container. Its port on the host is chosen here, because Docker would choose
/// another one at each start.
final class ContainerServer implements TestServer {

  private final GenericContainer<?> container;
  private final int port = TestBackends.freePort();

  ContainerServer(GenericContainer<?> container, int portInside) {
    this.container = container.withExposedPorts(portInside);
    container.setPortBindings(List.of(port + ":" + portInside));
    container.start();
  }

  @Override
  public String host() {
    return container.getHost();
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void stop() {
    container.getDockerClient().stopContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void start() {
    container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    Wait.forListeningPort().waitUntilReady(container);
  }

  @Override
  public void close() {
    container.stop();
  }
}
