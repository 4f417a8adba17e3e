# A static binary in an empty image: no shell, no package manager, no root.
#
#   docker build --build-arg VERSION=$(git describe --tags --always) -t otklik .
#   docker run --rm otklik demo --once
#
# Sources with "render: browser" need a Chromium, which this image lacks; run
# those daemons outside it.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags "-s -w -X main.version=$VERSION" -o /out/otklik ./cmd/otklik
RUN mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/otklik /otklik
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/data /tmp
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=6s --start-period=30s CMD ["/otklik", "health"]
ENTRYPOINT ["/otklik"]
CMD ["run", "--config", "/etc/otklik/otklik.yaml"]
