package guard

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// grpcServer is a gRPC service without TLS that counts its calls and keeps who the last one was from.
type grpcServer struct {
	address string
	calls   atomic.Int32
	caller  atomic.Value
}

func newGRPCServer(t *testing.T) *grpcServer {
	t.Helper()
	s := new(grpcServer)
	heard := func(ctx context.Context) {
		s.calls.Add(1)
		arrived, _ := metadata.FromIncomingContext(ctx)
		s.caller.Store(strings.Join(arrived.Get("x-client-id"), ","))
	}
	server := grpc.NewServer(
		grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			heard(ctx)
			return next(ctx, request)
		}),
		grpc.StreamInterceptor(func(service any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			heard(stream.Context())
			return next(service, stream)
		}),
	)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return s
}

// bearerToken sends a token with every call, as gRPC clients do.
type bearerToken string

func (b bearerToken) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	if b == "" {
		return nil, nil
	}
	return map[string]string{"authorization": "Bearer " + string(b), "x-client-id": "evil"}, nil
}

func (bearerToken) RequireTransportSecurity() bool { return true }

func TestMust075_GRPCIsGuarded(t *testing.T) {
	server := newGRPCServer(t)
	w := build(t, plan{sites: `@API@ {
		bind 127.0.0.1
		tls internal
		openid_guard main {
			audience @API@
			scopes shop
			require POST /grpc.health.v1.Health/Watch vault
			header X-Client-Id client_id
		}
		reverse_proxy h2c://` + server.address + `
	}`})
	connect := func(token string) grpc_health_v1.HealthClient {
		connection, err := grpc.NewClient(strings.TrimPrefix(w.api, "https://"),
			grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: w.Roots(t)})), grpc.WithPerRPCCredentials(bearerToken(token)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		return grpc_health_v1.NewHealthClient(connection)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	narrow, wide := w.token("shop"), w.token("shop vault")

	answer, err := connect(narrow).Check(ctx, new(grpc_health_v1.HealthCheckRequest))
	if err != nil || answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING || server.caller.Load() != "app" {
		t.Fatalf("a call: %v, %v, from %v", answer, err, server.caller.Load())
	}
	before := server.calls.Load()
	for token, code := range map[string]codes.Code{"": codes.Unauthenticated, "dead": codes.Unauthenticated, w.token("vault"): codes.PermissionDenied} {
		if _, err := connect(token).Check(ctx, new(grpc_health_v1.HealthCheckRequest)); status.Code(err) != code {
			t.Errorf("%q: %v", token, err)
		}
	}
	watch := func(token string) (grpc.ServerStreamingClient[grpc_health_v1.HealthCheckResponse], error) {
		stream, err := connect(token).Watch(ctx, new(grpc_health_v1.HealthCheckRequest))
		if err == nil {
			_, err = stream.Recv()
		}
		return stream, err
	}
	if _, err := watch(narrow); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a stream without its scope: %v", err)
	}
	if server.calls.Load() != before {
		t.Errorf("%d refused calls arrived", server.calls.Load()-before)
	}
	stream, err := watch(wide)
	if err != nil || server.caller.Load() != "app" {
		t.Fatalf("a stream: %v", err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := stream.Recv()
		ended <- err
	}()
	if reply, err := w.party("app").Revoke(wide); err != nil || reply.Status != 200 {
		t.Fatalf("%v, %s", err, reply)
	}
	select {
	case err := <-ended:
		if err == nil || status.Code(err) == codes.OK {
			t.Errorf("the stream ended well: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the stream outlives its token")
	}
}
