package io.plimsoll.service;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.MethodParameter;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.validation.FieldError;
import org.springframework.validation.method.MethodValidationResult;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.support.WebExchangeBindException;
import org.springframework.web.server.MethodNotAllowedException;
import org.springframework.web.server.MissingRequestValueException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebInputException;
import org.springframework.web.server.UnsupportedMediaTypeStatusException;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.util.DisconnectedClientHelper;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;

/// Answers every failed request with RFC 9457 problem details, or with [StreamEnd] where the client
/// would give up on an error status.
///
/// Only the texts below and those of [ProblemException]s leave the service: messages of libraries
/// name classes, SQL and hosts. What is our fault is logged here and nowhere else.
final class Problems implements WebExceptionHandler, Ordered {

  private static final Logger log = LoggerFactory.getLogger(Problems.class);

  private final List<ProblemMapping> mappings;
  private final JsonMapper json;

  Problems(List<ProblemMapping> mappings, JsonMapper json) {
    this.mappings = List.copyOf(mappings);
    this.json = json;
  }

  /// Ahead of Boot's and Spring's own, which know neither our types nor [StreamEnd].
  @Override
  public int getOrder() {
    return -10;
  }

  @Override
  public Mono<Void> handle(ServerWebExchange exchange, Throwable thrown) {
    if (exchange.getResponse().isCommitted()) {
      return Mono.error(thrown);
    }
    // asked first: a connection to the database breaks with the same causes as a client's
    ErrorResponse known = known(thrown);
    if (known == null && DisconnectedClientHelper.isClientDisconnectedException(thrown)) {
      log.debug("The client left", thrown); // nobody is there to be answered
      exchange.getResponse().setStatusCode(HttpStatus.SERVICE_UNAVAILABLE);
      return exchange.getResponse().setComplete().onErrorComplete();
    }
    if (known == null) {
      log.error(
          "{} {} failed",
          exchange.getRequest().getMethod(),
          exchange.getRequest().getPath().value(),
          thrown);
      return write(exchange, problem(500, "internal", "The service failed; the fault is ours."));
    }
    HttpHeaders headers = exchange.getResponse().getHeaders();
    headers.addAll(known.getHeaders());
    if (thrown instanceof MethodNotAllowedException e) {
      headers.setAllow(methods(e));
    }
    return write(exchange, problem(known, thrown));
  }

  private @Nullable ErrorResponse known(Throwable thrown) {
    for (ProblemMapping mapping : mappings) {
      ErrorResponse mapped = mapping.map(thrown);
      if (mapped != null) {
        log.warn("Answered {}: {}", mapped.getStatusCode(), thrown.toString());
        return mapped;
      }
    }
    return thrown instanceof ErrorResponse response ? response : null;
  }

  private static ProblemDetail problem(ErrorResponse known, Throwable thrown) {
    URI type = known.getBody().getType();
    if (type != null && type.toString().startsWith(ProblemException.TYPE)) {
      return known.getBody();
    }
    int status = known.getStatusCode().value();
    return switch (status) {
      case 400 -> badRequest(thrown);
      case 404 -> problem(404, "not-found", "There is nothing at this path.");
      case 405 -> problem(405, "method-not-allowed", allowed(thrown));
      case 406 ->
          problem(406, "not-acceptable", "The resource has no representation that Accept names.");
      case 413 -> problem(413, "body-too-large", "The request's body is too large.");
      case 415 -> problem(415, "unsupported-media-type", supported(thrown));
      default -> problem(status, "http-" + status, "The request can't be answered.");
    };
  }

  private static ProblemDetail badRequest(Throwable thrown) {
    return switch (thrown) {
      case WebExchangeBindException bind -> invalidBody(bind.getFieldErrors().stream());
      // the same, where a parameter of the method is constrained too
      case MethodValidationResult invalid when invalid.getValueResults().isEmpty() ->
          invalidBody(
              invalid.getBeanResults().stream().flatMap(bean -> bean.getFieldErrors().stream()));
      case MethodValidationResult invalid ->
          problem(
              400,
              "invalid-parameter",
              invalid.getValueResults().stream()
                  .flatMap(
                      result ->
                          result.getResolvableErrors().stream()
                              .map(
                                  error ->
                                      result.getMethodParameter().getParameterName()
                                          + " "
                                          + error.getDefaultMessage()))
                  .sorted()
                  .collect(Collectors.joining("; ")));
      case MissingRequestValueException missing ->
          problem(400, "invalid-parameter", missing.getName() + " is missing.");
      case ServerWebInputException input -> input(input);
      default -> problem(400, "bad-request", "The request is malformed.");
    };
  }

  private static ProblemDetail invalidBody(Stream<FieldError> errors) {
    return problem(
        400,
        "invalid-body",
        errors
            .map(error -> error.getField() + " " + error.getDefaultMessage())
            .sorted()
            .collect(Collectors.joining("; ")));
  }

  private static ProblemDetail input(ServerWebInputException input) {
    for (Throwable t = input.getCause(); t != null; t = t.getCause()) {
      switch (t) {
        case UnrecognizedPropertyException unknown -> {
          return problem(400, "invalid-body", "Unknown member " + path(unknown) + ".");
        }
        case InputCoercionException tooLarge -> { // a number, in well-formed JSON
          return problem(400, "invalid-body", "Member " + path(tooLarge) + " has a wrong value.");
        }
        case StreamReadException malformed -> {
          return problem(400, "malformed-body", "The body is not valid JSON in UTF-8.");
        }
        case JacksonException mismatch -> {
          return problem(400, "invalid-body", "Member " + path(mismatch) + " has a wrong value.");
        }
        default -> {}
      }
    }
    var parameter = input.getMethodParameter();
    if (parameter == null || parameter.getParameterName() == null) {
      return problem(400, "bad-request", "The request is malformed.");
    }
    return parameter.hasParameterAnnotation(RequestBody.class)
        ? problem(400, "malformed-body", "A JSON body is needed.")
        : problem(400, "invalid-parameter", name(parameter) + " is missing or malformed.");
  }

  /// As the client wrote it.
  private static String name(MethodParameter parameter) {
    RequestParam named = parameter.getParameterAnnotation(RequestParam.class);
    return named == null || named.name().isEmpty()
        ? String.valueOf(parameter.getParameterName())
        : named.name();
  }

  /// `parts[0].type`, as the client wrote it.
  private static String path(JacksonException thrown) {
    StringBuilder path = new StringBuilder();
    for (JacksonException.Reference step : thrown.getPath()) {
      if (step.getPropertyName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
      }
    }
    return path.isEmpty() ? "(the whole body)" : path.toString();
  }

  private static String allowed(Throwable thrown) {
    return thrown instanceof MethodNotAllowedException e
        ? "Allowed here: " + methods(e) + "."
        : "The method is not allowed here.";
  }

  /// With HEAD, which whatever answers GET answers.
  private static Set<HttpMethod> methods(MethodNotAllowedException e) {
    Set<HttpMethod> methods = new TreeSet<>(e.getSupportedMethods());
    if (methods.contains(HttpMethod.GET)) {
      methods.add(HttpMethod.HEAD);
    }
    return methods;
  }

  private static String supported(Throwable thrown) {
    return thrown instanceof UnsupportedMediaTypeStatusException e
            && !e.getSupportedMediaTypes().isEmpty()
        ? "Accepted here: " + MediaType.toString(e.getSupportedMediaTypes()) + "."
        : "The body's media type is not accepted here.";
  }

  static ProblemDetail problem(int status, String cause, String detail) {
    ProblemDetail problem =
        ProblemDetail.forStatusAndDetail(HttpStatusCode.valueOf(status), detail);
    problem.setType(URI.create(ProblemException.TYPE + cause));
    return problem;
  }

  Mono<Void> write(ServerWebExchange exchange, ProblemDetail problem) {
    ServerHttpResponse response = exchange.getResponse();
    HttpHeaders headers = response.getHeaders();
    // what was said of the answer that is given up is not true of this one
    headers.clearContentHeaders();
    headers.remove(HttpHeaders.ETAG);
    headers.remove(HttpHeaders.LAST_MODIFIED);
    HttpStatusCode status = HttpStatusCode.valueOf(problem.getStatus());
    if (StreamEnd.replaces(exchange.getRequest(), status)) {
      return StreamEnd.write(response, status);
    }
    response.setStatusCode(status);
    headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
    headers.set(HttpHeaders.CACHE_CONTROL, "no-store");
    return response.writeWith(
        Mono.fromSupplier(
            () -> response.bufferFactory().wrap(json.writeValueAsBytes(map(problem)))));
  }

  private static Map<String, Object> map(ProblemDetail problem) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("type", String.valueOf(problem.getType()));
    if (problem.getTitle() != null) {
      members.put("title", problem.getTitle());
    }
    members.put("status", problem.getStatus());
    if (problem.getDetail() != null) {
      members.put("detail", problem.getDetail());
    }
    if (problem.getProperties() != null) {
      members.putAll(problem.getProperties());
    }
    return members;
  }
}
