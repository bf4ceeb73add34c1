package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// TLS by an SSL bundle, and HTTP/2 over it.
class TlsTests {

  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final String LONG_ORIGIN = "https://" + "x".repeat(4_000);
  private static final TestUpstream upstream = new TestUpstream();

  @TempDir static Path directory;

  private static KeyStore trusted;
  private static Map<String, String> properties;
  private static TestGateway gateway;

  @BeforeAll
  static void start() throws Exception {
    KeyStore keys = selfSigned();
    Path key = directory.resolve("key.pem");
    Path certificate = directory.resolve("certificate.pem");
    Files.writeString(key, pem("PRIVATE KEY", keys.getKey("tls", PASSWORD).getEncoded()));
    Files.writeString(certificate, pem("CERTIFICATE", keys.getCertificate("tls").getEncoded()));
    trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("tls", keys.getCertificate("tls"));
    properties =
        Map.of(
            "spring.ssl.bundle.pem.public.keystore.certificate",
            "file:" + certificate,
            "spring.ssl.bundle.pem.public.keystore.private-key",
            "file:" + key,
            "server.ssl.bundle",
            "public",
            "server.http2.enabled",
            "true",
            "plimsoll.gateway.body-timeout",
            "2s",
            "plimsoll.gateway.head-timeout",
            "2s",
            "plimsoll.gateway.memory",
            "1MB",
            "plimsoll.gateway.unread-timeout",
            "3s");
    gateway = new TestGateway(upstream.url(), properties);
  }

  private static KeyStore selfSigned()
      throws GeneralSecurityException, IOException, InterruptedException {
    Path store = directory.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "tls",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(output).isZero();
    return KeyStore.getInstance(store.toFile(), PASSWORD);
  }

  private static String pem(String kind, byte[] der) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + kind
        + "-----\n";
  }

  private static HttpClient client(HttpClient.Version version) throws GeneralSecurityException {
    return HttpClient.newBuilder().version(version).sslContext(trusting()).build();
  }

  private static SSLContext trusting() throws GeneralSecurityException {
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private static HttpRequest.Builder request(String target) {
    return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + gateway.port() + target))
        .header("Authorization", "Bearer " + TestKeys.token());
  }

  @AfterAll
  static void stop() {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void reset() {
    upstream.reset();
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void carriesRequests(HttpClient.Version version) throws Exception {
    try (HttpClient client = client(version)) {
      HttpResponse<String> answer =
          client.send(request("/chat/v1/rooms").build(), BodyHandlers.ofString());
      assertThat(answer.version()).isEqualTo(version);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("hello");
      assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
      upstream.answer(
          (request, response) ->
              response.sendString(
                  request.receive().aggregate().asString().map(body -> "got " + body.length())));
      for (int size : new int[] {10, 200_000}) {
        assertThat(
                client
                    .send(
                        request("/chat/v1/rooms")
                            .POST(BodyPublishers.ofString("x".repeat(size)))
                            .build(),
                        BodyHandlers.ofString())
                    .body())
            .isEqualTo("got " + size);
      }
      HttpResponse<String> refused =
          client.send(
              HttpRequest.newBuilder(request("/chat/v1/rooms").build().uri()).build(),
              BodyHandlers.ofString());
      RequestTests.problem(refused, 401, "token-missing");
      assertThat(upstream.seen().getFirst().headers().names())
          .noneMatch(name -> name.startsWith("x-http2"));
    }
  }

  /// A body of a known length is held, one of another passes through.
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void waitsForABodyForSomeTime(boolean announced) throws Exception {
    upstream.answer(
        (request, response) ->
            response.sendString(request.receive().aggregate().asString().defaultIfEmpty("")));
    Http2Headers headers =
        new DefaultHttp2Headers()
            .method("POST")
            .scheme("https")
            .authority("127.0.0.1")
            .path("/chat/v1/rooms")
            .add("authorization", "Bearer " + TestKeys.token());
    if (announced) {
      headers.add("content-length", "10");
    }
    ByteBuf block = Unpooled.buffer();
    new DefaultHttp2HeadersEncoder().encodeHeaders(1, headers, block);
    try (SSLSocket socket = http2(gateway.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      frame(out, 1, 4, ByteBufUtil.getBytes(block)); // HEADERS, all of them
      frame(out, 0, 0, "hello".getBytes(StandardCharsets.US_ASCII)); // DATA, not the end
      DataInputStream in = new DataInputStream(socket.getInputStream());
      StringBuilder data = new StringBuilder();
      int type;
      do {
        byte[] head = in.readNBytes(9);
        assertThat(head).as("closed after " + data).hasSize(9);
        int length = ((head[0] & 0xff) << 16) | ((head[1] & 0xff) << 8) | (head[2] & 0xff);
        byte[] payload = in.readNBytes(length);
        type = head[3];
        if (type == 0) {
          data.append(new String(payload, StandardCharsets.UTF_8));
        }
      } while (type != 3); // RST_STREAM: no more of the body is wanted
      assertThat(data).contains("\"urn:plimsoll:problem:body-timeout\"").contains("408");
    }
  }

  @Test
  @Timeout(60)
  void tellsByGoawayThatItShutsDownAndAnswersWhatItTook() throws Exception {
    Sinks.One<String> answer = Sinks.one();
    CountDownLatch asked = new CountDownLatch(1);
    upstream.answer(
        (_, response) -> {
          asked.countDown();
          return response.sendString(answer.asMono());
        });
    String large = "0123456789".repeat(100_000);
    Map<String, String> draining = new HashMap<>(properties);
    draining.put("plimsoll.gateway.upstream.drain", "5s");
    Http2Headers headers =
        new DefaultHttp2Headers()
            .method("GET")
            .scheme("https")
            .authority("127.0.0.1")
            .path("/chat/v1/rooms")
            .add("authorization", "Bearer " + TestKeys.token());
    DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    ByteBuf block = Unpooled.buffer();
    encoder.encodeHeaders(1, headers, block);
    ByteBuf another = Unpooled.buffer();
    encoder.encodeHeaders(3, headers, another);
    TestGateway leaving = new TestGateway(upstream.url(), draining);
    try (SSLSocket socket = http2(leaving.port())) {
      // HEADERS, all of them, and no body
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      frame(out, 1, 5, ByteBufUtil.getBytes(block));
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
      CompletableFuture<Void> closing = CompletableFuture.runAsync(leaving::close);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      StringBuilder data = new StringBuilder();
      List<Integer> last = new ArrayList<>();
      byte[] head = in.readNBytes(9);
      while (head.length == 9) {
        byte[] payload = in.readNBytes(((head[1] & 0xff) << 8) | (head[2] & 0xff));
        if (head[3] == 7) {
          assertThat(payload).endsWith(0, 0, 0, 0); // no error
          last.add(ByteBuffer.wrap(payload).getInt());
          if (last.size() == 1) {
            // opened, and left, before it was read
            frame(out, 1, 5, 3, ByteBufUtil.getBytes(another));
            frame(out, 3, 0, 3, new byte[] {0, 0, 0, 8});
          } else {
            answer.tryEmitValue(large).orThrow();
          }
        } else if (head[3] == 6 && head[4] == 0) {
          frame(out, 6, 1, 0, payload); // PING
        } else if (head[3] == 0) {
          data.append(new String(payload, StandardCharsets.UTF_8));
          if (payload.length > 0) {
            byte[] more = ByteBuffer.allocate(4).putInt(payload.length).array();
            frame(out, 8, 0, 1, more); // WINDOW_UPDATE, so that the rest comes in parts
            frame(out, 8, 0, 0, more);
          }
        }
        head = in.readNBytes(9);
      }
      assertThat(last).containsExactly(Integer.MAX_VALUE, 3);
      assertThat(data.toString()).isEqualTo(large);
      closing.get(20, TimeUnit.SECONDS);
    }
  }

  /// What the client has not sent of a request is not waited for once it is answered.
  @Test
  void endsAnAnsweredStreamWhoseRequestIsNotWhole() throws Exception {
    upstream.answer((_, response) -> response.sendString(Mono.just("enough")));
    DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    ByteBuf block = Unpooled.buffer();
    encoder.encodeHeaders(
        1,
        new DefaultHttp2Headers()
            .method("POST")
            .scheme("https")
            .authority("127.0.0.1")
            .path("/chat/v1/rooms")
            .add("content-length", "300000")
            .add("authorization", "Bearer " + TestKeys.token()),
        block);
    try (SSLSocket socket = http2(gateway.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      frame(out, 1, 4, ByteBufUtil.getBytes(block));
      frame(out, 0, 0, new byte[1000]);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      List<String> seen = new ArrayList<>();
      while (seen.isEmpty() || !seen.getLast().startsWith("reset")) {
        byte[] head = in.readNBytes(9);
        byte[] payload = in.readNBytes(((head[1] & 0xff) << 8) | (head[2] & 0xff));
        if (head[3] == 0 && payload.length > 0) {
          seen.add(new String(payload, StandardCharsets.UTF_8));
        } else if (head[3] == 3) {
          seen.add("reset " + ByteBuffer.wrap(payload).getInt());
        }
      }
      assertThat(seen).containsExactly("enough", "reset 0");
    }
  }

  @Test
  void refusesUserInformationInTheAuthority() throws Exception {
    try (SSLSocket socket = http2(gateway.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      requests(out, 1, get("/chat/v1/rooms").authority("user@127.0.0.1"));
      DataInputStream in = new DataInputStream(socket.getInputStream());
      String data = "";
      while (data.isEmpty()) {
        byte[] head = in.readNBytes(9);
        byte[] payload = in.readNBytes(((head[1] & 0xff) << 8) | (head[2] & 0xff));
        data = head[3] == 0 ? new String(payload, StandardCharsets.UTF_8) : "";
      }
      assertThat(data).contains("\"urn:plimsoll:problem:bad-request\"");
    }
  }

  private static Http2Headers get(String path) {
    return new DefaultHttp2Headers()
        .method("GET")
        .scheme("https")
        .authority("127.0.0.1")
        .path(path);
  }

  private static void gets(DataOutputStream out, int times) throws Exception {
    Http2Headers headers = get("/chat/v1/rooms");
    headers.add("authorization", "Bearer " + TestKeys.token());
    requests(out, times, headers);
  }

  /// Whole ones, without a body.
  private static void requests(DataOutputStream out, int times, Http2Headers headers)
      throws Exception {
    requests(out, 0, times, headers, new DefaultHttp2HeadersEncoder());
  }

  private static void requests(
      DataOutputStream out,
      int before,
      int times,
      Http2Headers headers,
      DefaultHttp2HeadersEncoder encoder)
      throws Exception {
    for (int i = before; i < before + times; i++) {
      ByteBuf block = Unpooled.buffer();
      encoder.encodeHeaders(2 * i + 1, headers, block);
      frame(out, 1, 5, 2 * i + 1, ByteBufUtil.getBytes(block));
    }
  }

  /// Of a megabyte one address gets half, or one answer more, and that for three seconds: of
  /// answers that wait to be read, of larger ones that wait with their service, and of streams.
  @ParameterizedTest
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  @CsvSource({
    "100000, text/plain, 0",
    "1000000, text/plain, 0",
    "1000000, text/event-stream, 0",
    "1000000, text/event-stream, 0x7fffffff"
  })
  void boundsWhatClientsDoNotRead(int size, String type, String window) throws Exception {
    byte[] body = new byte[size];
    upstream.answer(
        (_, response) -> response.header("Content-Type", type).sendByteArray(Mono.just(body)));
    try (SSLSocket socket = http2(gateway.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      // SETTINGS, each stream's window; the connection has 64 KB in any case
      frame(
          out,
          4,
          0,
          ByteBuffer.allocate(6).putShort((short) 4).putInt(Integer.decode(window)).array());
      gets(out, 20);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int heads = 0;
      List<Double> held = new ArrayList<>();
      Thread asking = Thread.ofVirtual().start(() -> ask(out, 20));
      while (held.size() < 20) {
        byte[] head = in.readNBytes(9);
        byte[] payload = in.readNBytes(((head[1] & 0xff) << 8) | (head[2] & 0xff));
        if (head[3] == 1) {
          heads += ByteBuffer.wrap(head).getInt(5) < 2 * 20 ? 1 : 0;
        } else if (head[3] == 3 && ByteBuffer.wrap(head).getInt(5) < 2 * 20) {
          assertThat(ByteBuffer.wrap(payload).getInt()).isEqualTo(8); // CANCEL
          held.add(gateway.gauge("plimsoll.gateway.memory.bytes"));
        }
      }
      asking.interrupt();
      assertThat(heads).isEqualTo(20);
      // some fit; the others are reset at once, and those in the end
      assertThat(held.subList(0, 10)).allMatch(bytes -> bytes <= 720_000);
      Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") == 0);
    }
  }

  /// Requests whose answers wait behind a large one, which is read, but slowly: their heads are
  /// more than all that is read.
  @Test
  @Timeout(60)
  void boundsHeadsWhoseAnswersWaitForAnother() throws Exception {
    upstream.answer((_, response) -> response.sendByteArray(Mono.just(new byte[124_000])));
    DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    try (SSLSocket socket = http2(gateway.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      frame(out, 4, 0, ByteBuffer.allocate(6).putShort((short) 4).putInt(1 << 30).array());
      gets(out, 1);
      Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") > 0);
      for (int i = 1; i <= 60; i++) {
        ByteBuf block = Unpooled.buffer().writeInt(1).writeByte(15); // depends on the first stream
        encoder.encodeHeaders(2 * i + 1, get("/nowhere").add("x-long", LONG_ORIGIN + i), block);
        frame(out, 1, 0x25, 2 * i + 1, ByteBufUtil.getBytes(block));
      }
      Awaitility.await()
          .until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") > 60 * LONG_ORIGIN.length());
      Awaitility.await()
          .pollInterval(Duration.ofMillis(900))
          .until(
              () -> {
                frame(out, 8, 0, 0, new byte[] {0, 0, 0x0f, (byte) 0xa0}); // 4,000 bytes more
                return gateway.gauge("plimsoll.gateway.memory.bytes") < 200_000;
              });
    }
    Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") == 0);
  }

  /// Neither a client that reads nothing at all at shutdown, nor one whose windows are closed.
  @ParameterizedTest
  @Timeout(50)
  @ValueSource(ints = {0, 0x100000})
  void waitsNotLongAtShutdownForWhoDoesNotRead(int window) throws Exception {
    upstream.answer((_, response) -> response.sendByteArray(Mono.just(new byte[1_000_000])));
    Map<String, String> draining = new HashMap<>(properties);
    draining.put("plimsoll.gateway.upstream.drain", "1s");
    draining.put("plimsoll.gateway.unread-timeout", "60s");
    draining.put("plimsoll.gateway.memory", "64MB");
    draining.put("spring.lifecycle.timeout-per-shutdown-phase", "60s");
    TestGateway leaving = new TestGateway(upstream.url(), draining);
    try (SSLSocket socket = http2(leaving.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      frame(out, 4, 0, ByteBuffer.allocate(6).putShort((short) 4).putInt(window).array());
      frame(out, 8, 0, 0, ByteBuffer.allocate(4).putInt(100_000_000).array());
      gets(out, 40);
      Awaitility.await().until(() -> leaving.gauge("plimsoll.gateway.memory.bytes") > 1_000_000);
      leaving.close();
    }
  }

  /// The client reads a large event when the gateway leaves, and takes longer for it than a service
  /// that says no more gets.
  @Test
  @Timeout(60)
  void tellsTheEndToWhoReadsALargeEvent() throws Exception {
    TestStream stream = new TestStream();
    upstream.answer(stream::serve);
    Map<String, String> draining = new HashMap<>(properties);
    draining.put("plimsoll.gateway.upstream.drain", "1s");
    TestGateway leaving = new TestGateway(upstream.url(), draining);
    CompletableFuture<Void> closing;
    try (SSLSocket socket = http2(leaving.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      requests(
          out,
          0,
          1,
          get("/chat/v1/events")
              .add("accept", "text/event-stream")
              .add("authorization", "Bearer " + TestKeys.token()),
          new DefaultHttp2HeadersEncoder());
      assertThat(stream.opened()).isTrue();
      stream.write("data:" + "x".repeat(300_000) + "\n\n");
      Awaitility.await().until(() -> leaving.gauge("plimsoll.gateway.memory.bytes") > 0);
      closing = CompletableFuture.runAsync(leaving::close);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      StringBuilder body = new StringBuilder();
      boolean told = false;
      boolean ended = false;
      while (!ended) {
        byte[] head = in.readNBytes(9);
        byte[] payload = in.readNBytes(((head[1] & 0xff) << 8) | (head[2] & 0xff));
        assertThat(head[3]).as("after %d bytes", body.length()).isNotEqualTo((byte) 3);
        if (head[3] == 7 && !told) { // GOAWAY
          told = true;
          Thread.ofVirtual().start(() -> allow(out));
        } else if (head[3] == 0) {
          body.append(new String(payload, StandardCharsets.UTF_8));
          ended = (head[4] & 1) != 0;
        }
      }
      assertThat(body.toString())
          .matches(
              "(?s)data:x{300000}\\n\\nretry: \\d+\\nevent: end\\ndata:\\{\"reason\":\"drain\",\"reconnect\":true}\\n\\n");
    }
    closing.get(30, TimeUnit.SECONDS);
  }

  private static void allow(DataOutputStream out) {
    byte[] more = {0, 0, 0x75, 0x30}; // 30,000 bytes
    try {
      Thread.sleep(1_300); // all streams are told by then
      while (true) {
        frame(out, 8, 0, 0, more);
        frame(out, 8, 0, 1, more);
        Thread.sleep(60);
      }
    } catch (Exception _) {
      // it has ended
    }
  }

  /// Twice as long as a pause may be, but without one.
  @Test
  void leavesTimeToWhoReadsSlowly() throws Exception {
    upstream.answer((_, response) -> response.sendByteArray(Mono.just(new byte[60_000])));
    try (SSLSocket socket = http2(gateway.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      frame(out, 4, 0, new byte[] {0, 4, 0, 0, 0x27, 0x10}); // SETTINGS, a window of 10,000
      gets(out, 1);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int read = 0;
      while (read < 60_000) {
        byte[] head = in.readNBytes(9);
        byte[] payload = in.readNBytes(((head[1] & 0xff) << 8) | (head[2] & 0xff));
        assertThat(head[3]).isNotEqualTo((byte) 3); // RST_STREAM
        if (head[3] == 0) {
          read += payload.length;
          if (read % 10_000 == 0) {
            Thread.sleep(1_000);
            frame(out, 8, 0, 1, new byte[] {0, 0, 0x27, 0x10}); // WINDOW_UPDATE
          }
        }
      }
    }
  }

  /// Nobody reads but as fast as TCP lets the gateway write, of which the system shows it steps.
  @ParameterizedTest
  @Timeout(60)
  @EnumSource(HttpClient.Version.class)
  void leavesTimeToWhoseSystemReadsSlowly(HttpClient.Version version) throws Exception {
    int size = 500_000;
    upstream.answer((_, response) -> response.sendByteArray(Mono.just(new byte[size])));
    try (Socket narrow = new Socket()) {
      narrow.setReceiveBufferSize(4096);
      narrow.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port()));
      boolean two = version == HttpClient.Version.HTTP_2;
      SSLSocket socket = secure(narrow, gateway.port(), two ? "h2" : "http/1.1");
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      if (two) {
        begin(out);
        frame(out, 4, 0, ByteBuffer.allocate(6).putShort((short) 4).putInt(1 << 30).array());
        frame(out, 8, 0, 0, ByteBuffer.allocate(4).putInt(1 << 30).array());
        gets(out, 1);
      } else {
        out.writeBytes("GET /chat/v1/rooms HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        out.writeBytes("Authorization: Bearer " + TestKeys.token() + "\r\n\r\n");
      }
      InputStream in = socket.getInputStream();
      long start = System.nanoTime();
      int read = 0;
      while (read < size) {
        double due = 12_000e-9 * (System.nanoTime() - start);
        if (read > due && read < 200_000) {
          Thread.sleep(20);
          continue;
        }
        int more = in.read(new byte[500]);
        assertThat(more).as("after %d bytes", read).isPositive();
        read += more;
      }
    }
  }

  /// Four answers one after another, each of which takes as long as a pause may be.
  @Test
  void leavesTimeToStreamsThatWaitForOthers() throws Exception {
    upstream.answer((_, response) -> response.sendByteArray(Mono.just(new byte[80_000])));
    DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    try (SSLSocket socket = http2(gateway.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      frame(out, 4, 0, new byte[] {0, 4, 0, 0x10, 0, 0}); // SETTINGS, a window for each whole one
      for (int id = 1; id < 8; id += 2) {
        ByteBuf block = Unpooled.buffer().writeInt(0x80000000 | Math.max(0, id - 2)).writeByte(15);
        encoder.encodeHeaders(
            id, get("/chat/v1/rooms").add("authorization", "Bearer " + TestKeys.token()), block);
        frame(out, 1, 0x25, id, ByteBufUtil.getBytes(block)); // HEADERS, after the one before it
      }
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int read = 0;
      int allowed = 65_535;
      while (read < 320_000) {
        if (read == allowed) {
          Thread.sleep(500);
          frame(out, 8, 0, 0, new byte[] {0, 0, 0x27, 0x10}); // WINDOW_UPDATE
          allowed += 10_000;
        }
        byte[] head = in.readNBytes(9);
        assertThat(head).as("closed after " + read).hasSize(9);
        byte[] payload = in.readNBytes(((head[1] & 0xff) << 8) | (head[2] & 0xff));
        assertThat(head[3]).as("reset after " + read).isNotEqualTo((byte) 3); // RST_STREAM
        read += head[3] == 0 ? payload.length : 0;
      }
    }
  }

  @Test
  void refusesToStartWithHttp2AndNoTls() {
    assertThatThrownBy(
            () -> new TestGateway(upstream.url(), Map.of("server.http2.enabled", "true")))
        .hasRootCauseMessage(
            "server.http2.enabled needs server.ssl.bundle: without TLS nothing guards connections");
  }

  /// What a stream costs is more than what its answer has bytes.
  @Test
  void boundsTheHeadsOfRequests() throws Exception {
    try (SSLSocket socket = http2(gateway.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      frame(out, 4, 0, new byte[] {0, 4, 0, 0, 0, 0}); // SETTINGS, a window of nothing
      requests(out, 90, get("/nowhere").add("large", "x".repeat(10_000)));
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int answered = 0;
      int refused = 0;
      while (answered + refused < 90) {
        byte[] head = in.readNBytes(9);
        byte[] payload = in.readNBytes(((head[1] & 0xff) << 8) | (head[2] & 0xff));
        answered += head[3] == 1 ? 1 : 0;
        refused += head[3] == 3 && ByteBuffer.wrap(payload).getInt() == 7 ? 1 : 0;
      }
      assertThat(answered).isBetween(30, 50); // of 12 KB each, in half a megabyte
    }
    Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") == 0);
  }

  /// A reset that can't leave frees nothing.
  @Test
  void closesConnectionsThatTakeNothing() throws Exception {
    upstream.answer((_, response) -> response.sendByteArray(Mono.just(new byte[120_000])));
    try (SSLSocket socket = http2(gateway.port())) {
      socket.setReceiveBufferSize(4096);
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      byte[] most = {0, 4, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff};
      frame(out, 4, 0, most); // SETTINGS, every stream's window
      frame(out, 8, 0, 0, new byte[] {0x7f, (byte) 0xff, 0, 0}); // WINDOW_UPDATE, the connection's
      gets(out, 100); // more than the system takes on both sides
      Awaitility.await().until(() -> isClosed(out));
      Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") == 0);
    }
  }

  /// For what is answered without a byte of a body, which is no reading of others, and for a byte.
  private static void ask(DataOutputStream out, int before) {
    DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    try {
      for (int i = before; !isClosed(out); i++) {
        requests(out, i, 1, preflight("https://x.test"), encoder);
        frame(out, 8, 0, 0, new byte[] {0, 0, 0, 1}); // WINDOW_UPDATE
        Thread.sleep(500);
      }
    } catch (Exception _) {
      // enough
    }
  }

  private static boolean isClosed(DataOutputStream out) {
    try {
      frame(out, 6, 0, 0, new byte[8]); // PING
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /// A preflight's answer says its origin, which HPACK sends once: a hundred times what was asked.
  private static Http2Headers preflight(String origin) {
    return get("/chat/v1/rooms")
        .method("OPTIONS")
        .add("origin", origin)
        .add("access-control-request-method", "GET");
  }

  private static SSLSocket deaf(TestGateway gateway) throws Exception {
    SSLSocket socket = http2(gateway.port());
    socket.setReceiveBufferSize(4096);
    frame(new DataOutputStream(socket.getOutputStream()), 4, 0, new byte[] {0, 1, 0, 0, 0, 0});
    return socket; // whose decoder keeps no table
  }

  /// The streams are closed as soon as they are answered.
  @Test
  void countsWhatWaitsOfClosedStreams() throws Exception {
    DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    try (SSLSocket socket = deaf(gateway)) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      int asked = 0;
      while (gateway.gauge("plimsoll.gateway.memory.bytes") < 100_000) { // ten have 62,000
        assertThat(asked).isLessThan(5_000);
        requests(out, asked, 10, preflight(LONG_ORIGIN), encoder);
        asked += 10;
        Thread.sleep(50);
      }
      Awaitility.await().until(() -> isClosed(out)); // after three seconds without reading
      Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") == 0);
    }
  }

  @Test
  void boundsWhatWaitsOfClosedStreams() throws Exception {
    DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    try (SSLSocket socket = deaf(gateway)) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 200; i++) { // 16 MB, of which only the answers count
                  requests(out, 20 * i, 20, preflight(LONG_ORIGIN), encoder);
                  Thread.sleep(10);
                }
              })
          .isInstanceOf(IOException.class);
      Awaitility.await().until(() -> gateway.gauge("plimsoll.gateway.memory.bytes") == 0);
    }
  }

  /// Requests that announce five bytes and have none, or ten, and one with a password.
  private static void unfit(int times) throws Exception {
    DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    try (SSLSocket socket = http2(gateway.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      Http2Headers announced = get("/chat/v1").method("POST").add("content-length", "5");
      requests(out, 0, times, announced, encoder);
      announced.add("authorization", "Bearer " + TestKeys.token());
      for (int i = times; i < 2 * times; i++) {
        ByteBuf block = Unpooled.buffer();
        encoder.encodeHeaders(2 * i + 1, announced, block);
        frame(out, 1, 4, 2 * i + 1, ByteBufUtil.getBytes(block));
        frame(out, 0, 1, 2 * i + 1, new byte[10]);
      }
      requests(out, 2 * times, 1, get("/").authority("user:secret@127.0.0.1"), encoder);
      frame(out, 6, 0, 0, new byte[8]); // PING
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] head = in.readNBytes(9);
      while (head.length == 9 && head[3] != 6) {
        in.skipNBytes(((head[1] & 0xff) << 8) | (head[2] & 0xff));
        head = in.readNBytes(9);
      }
    }
  }

  /// A stack for each would fill the log at will.
  @Test
  void saysNothingOfWhatClientsDoWrong() throws Exception {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    root.addAppender(lines);
    try (HttpClient client = client(HttpClient.Version.HTTP_2);
        SSLSocket socket = http2(gateway.port())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      frame(out, 3, 0, 7, new byte[] {0, 0, 0, 8}); // RST_STREAM of none
      assertThat(socket.getInputStream().readAllBytes()).isNotEmpty();
      unfit(3);
      pingWithoutReading();
      assertThat(client.send(request("/chat/v1").build(), BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
    } finally {
      root.detachAppender(lines);
    }
    assertThat(lines.list)
        .filteredOn(
            line ->
                line.getThrowableProxy() != null || line.getFormattedMessage().contains("secret"))
        .isEmpty();
  }

  /// More often than the codec bears, which closes before there is no room for it.
  private static void pingWithoutReading() throws Exception {
    Map<String, String> roomy = new HashMap<>(properties);
    roomy.put("plimsoll.gateway.memory", "64MB");
    byte[] pings = new byte[17_000];
    for (int i = 0; i < 1_000; i++) {
      pings[17 * i + 2] = 8;
      pings[17 * i + 3] = 6;
    }
    try (TestGateway bearing = new TestGateway(upstream.url(), roomy);
        SSLSocket socket = deaf(bearing)) {
      assertThatThrownBy(
              () -> {
                while (true) {
                  socket.getOutputStream().write(pings);
                }
              })
          .isInstanceOf(IOException.class);
      Awaitility.await().until(() -> bearing.gauge("plimsoll.gateway.memory.bytes") == 0);
    }
  }

  private static void frame(DataOutputStream out, int type, int flags, byte[] payload)
      throws IOException {
    frame(out, type, flags, type == 4 ? 0 : 1, payload);
  }

  private static void frame(DataOutputStream out, int type, int flags, int stream, byte[] payload)
      throws IOException {
    out.writeShort(payload.length >>> 8);
    out.writeByte(payload.length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
    out.write(payload);
    out.flush();
  }

  /// A connection on which the client has said what RFC 9113, section 3.4, wants.
  private static SSLSocket http2(int port) throws GeneralSecurityException, IOException {
    SSLSocket socket = secure(new Socket(InetAddress.getLoopbackAddress(), port), port, "h2");
    begin(new DataOutputStream(socket.getOutputStream()));
    return socket;
  }

  private static void begin(DataOutputStream out) throws IOException {
    out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    frame(out, 4, 0, new byte[0]); // SETTINGS
  }

  private static SSLSocket secure(Socket plain, int port, String protocol)
      throws GeneralSecurityException, IOException {
    plain.setSoTimeout(10_000);
    SSLSocket socket =
        (SSLSocket) trusting().getSocketFactory().createSocket(plain, "127.0.0.1", port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {protocol});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    assertThat(socket.getApplicationProtocol()).isEqualTo(protocol);
    return socket;
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void carriesStreamsAndTheirEnd(HttpClient.Version version) throws Exception {
    TestStream stream = new TestStream();
    upstream.answer(stream::serve);
    try (HttpClient client = client(version)) {
      HttpResponse<java.io.InputStream> answer =
          client.send(
              request("/chat/v1/events").header("Accept", "text/event-stream").build(),
              BodyHandlers.ofInputStream());
      assertThat(answer.version()).isEqualTo(version);
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
        stream.write("data:1\n\n");
        assertThat(lines.readLine()).isEqualTo("data:1");
        assertThat(lines.readLine()).isEmpty();
        Thread.sleep(3_000); // longer than a head may take
        stream.write("data:" + "x".repeat(100_000) + "\n\n");
        assertThat(lines.readLine()).hasSize(100_005);
        stream.finish();
        assertThat(lines.readLine()).isEmpty();
        assertThat(lines.readLine()).isNull();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void announcesNoLengthOfAStream(HttpClient.Version version) throws Exception {
    TestStream stream = new TestStream();
    stream.write("data:1\n\n");
    upstream.answer(
        (request, response) -> stream.serve(request, response.header("Content-Length", "8")));
    try (HttpClient client = client(version)) {
      HttpResponse<String> answer =
          client.send(
              request("/chat/v1/events").header("Accept", "text/event-stream").build(),
              BodyHandlers.ofString());
      assertThat(answer.version()).isEqualTo(version);
      assertThat(answer.headers().firstValue("Content-Length")).isEmpty();
      assertThat(answer.body()).isEqualTo("data:1\n\n");
    }
  }

  @Test
  void answersWhatIsNoRequestWithAProblem() throws Exception {
    try (Socket socket = trusting().getSocketFactory().createSocket("127.0.0.1", gateway.port())) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write("GET /chat/v1 HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 400 ")
          .contains("\"urn:plimsoll:problem:bad-request\"");
    }
  }

  /// What Netty says of it has all of it in hexadecimal digits.
  @Test
  @ExtendWith(OutputCaptureExtension.class)
  void logsNothingOfARequestWithoutTls(CapturedOutput output) throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send("GET /chat/v1?ticket=" + "secret-ticket" + " HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.closed()).isTrue();
    }
    try (HttpClient untrusting = HttpClient.newHttpClient()) {
      assertThatThrownBy(
              () -> untrusting.send(request("/chat/v1").build(), BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
    }
    Awaitility.await()
        .ignoreExceptions()
        .until(
            () ->
                gateway
                        .context()
                        .getBean(MeterRegistry.class)
                        .get("plimsoll.gateway.malformed")
                        .tag("status", "tls")
                        .counter()
                        .count()
                    >= 2);
    assertThat(output)
        .doesNotContain(
            HexFormat.of().formatHex("secret-ticket".getBytes(StandardCharsets.US_ASCII)))
        .doesNotContain("NotSslRecordException")
        .doesNotContain("SSLHandshakeException");
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void closesTheServicesConnectionWhenTheClientLeaves(HttpClient.Version version) throws Exception {
    TestStream stream = new TestStream();
    upstream.answer(stream::serve);
    try (HttpClient client = client(version)) {
      HttpResponse<java.io.InputStream> answer =
          client.send(
              request("/chat/v1/events").header("Accept", "text/event-stream").build(),
              BodyHandlers.ofInputStream());
      answer.body().close();
      assertThat(stream.closed()).isTrue();
      client.shutdownNow();
    }
  }

  /// RFC 9113, section 6.5.2: what the server allows is the first that it says.
  @Test
  void allowsAHundredStreamsOnOneConnection() throws Exception {
    try (SSLSocket socket = http2(gateway.port())) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] head = in.readNBytes(9);
      assertThat(head[3]).isEqualTo((byte) 4);
      Map<Integer, Integer> settings = new HashMap<>();
      for (int left = head[2] & 0xff; left > 0; left -= 6) {
        settings.put((int) in.readShort(), in.readInt());
      }
      assertThat(settings).containsEntry(3, 100);
    }
  }
}
