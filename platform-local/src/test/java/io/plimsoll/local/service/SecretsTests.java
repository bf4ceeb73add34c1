package io.plimsoll.local.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SecretsTests {

  @TempDir private Path directory;

  private JsonNode key(Path file) throws Exception {
    return JsonMapper.shared().readTree(Files.readString(file)).get("keys").get(0);
  }

  @Test
  void areReadByTheirOwnerAlone() throws Exception {
    var secrets = new Secrets(directory);
    secrets.make();

    for (Path file :
        List.of(
            secrets.internalKeys(),
            secrets.internalPublicKeys(),
            secrets.authSigningKeys(),
            secrets.adminToken())) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .as("%s", file)
          .isEqualTo("rw-------");
    }
    assertThat(Files.readString(secrets.adminToken()).strip()).hasSizeGreaterThanOrEqualTo(32);
  }

  @Test
  void stayAsTheyAreOnceMade() throws Exception {
    var secrets = new Secrets(directory);
    secrets.make();
    String keys = Files.readString(secrets.internalKeys());
    String token = Files.readString(secrets.adminToken());

    secrets.make();

    assertThat(secrets.internalKeys()).hasContent(keys);
    assertThat(secrets.adminToken()).hasContent(token);
  }

  @Test
  void theFirstOperatorIsTheFirstLineThatSaysAnything() throws Exception {
    var secrets = new Secrets(directory);
    secrets.make();
    Files.writeString(secrets.adminToken(), "\n  first \nsecond\n");

    assertThat(secrets.operator()).isEqualTo("first");
  }

  @Test
  void publishTheInternalKeyWithoutItsPrivatePart() throws Exception {
    var secrets = new Secrets(directory);
    secrets.make();

    JsonNode published = key(secrets.internalPublicKeys());
    JsonNode secret = key(secrets.internalKeys());

    assertThat(published.has("d")).isFalse();
    for (String member : List.of("kid", "x", "y")) {
      assertThat(published.get(member)).isEqualTo(secret.get(member));
    }
    for (String member : List.of("x", "y", "d")) {
      assertThat(Base64.getUrlDecoder().decode(secret.get(member).asString())).hasSize(32);
    }
  }
}
