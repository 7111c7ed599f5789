package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// startProxy serves handlers under the names of their hosts, behind TLS, and passes hosts of S3 on.
func (a *authority) startProxy(hosts map[string]http.Handler, s3 func() (net.Conn, error)) (net.Addr, error) {
	return listen(http.HandlerFunc(func(to http.ResponseWriter, request *http.Request) {
		host, _, err := net.SplitHostPort(request.Host)
		isS3 := strings.HasSuffix(host, "s3."+region+".amazonaws.com")
		handler := hosts[host]
		if request.Method != http.MethodConnect || err != nil || (handler == nil && !isS3) {
			http.Error(to, "not here", http.StatusForbidden)
			return
		}
		config, err := a.configuration(host)
		if err != nil {
			http.Error(to, "no certificate", http.StatusInternalServerError)
			return
		}
		raw, _, err := to.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = raw.Write([]byte("HTTP/1.1 200 Connected\r\n\r\n"))
		client := tls.Server(raw, config)
		defer client.Close()
		if isS3 {
			if server, err := s3(); err == nil {
				join(client, server)
			}
			return
		}
		serveOne(client, handler)
	}))
}

// serveOne answers the requests of one connection.
func serveOne(connection net.Conn, handler http.Handler) {
	done := make(chan struct{})
	listener := &single{connection: make(chan net.Conn, 1), done: done}
	listener.connection <- connection
	server := &http.Server{Handler: handler, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(done)
		}
	}}
	_ = server.Serve(listener)
}

// single is a listener with one connection.
type single struct {
	connection chan net.Conn
	done       chan struct{}
}

func (s *single) Accept() (net.Conn, error) {
	select {
	case connection := <-s.connection:
		return connection, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

func (s *single) Close() error   { return nil }
func (s *single) Addr() net.Addr { return &net.TCPAddr{} }

// authority signs certificates for hosts.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newAuthority writes its certificate to ca.pem, and one for clients with its key to client.pem and client.key.
func newAuthority(folder string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "authority of the tests"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	a := &authority{certificate, key}
	client, err := a.sign("client")
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(client.PrivateKey)
	if err != nil {
		return nil, err
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem":     {Type: "CERTIFICATE", Bytes: der},
		"client.pem": {Type: "CERTIFICATE", Bytes: client.Certificate[0]},
		"client.key": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// listen serves a handler behind TLS, on request only for clients with a certificate.
func (a *authority) listen(handler http.Handler, clients bool) (net.Addr, error) {
	config, err := a.configuration("127.0.0.1")
	if err != nil {
		return nil, err
	}
	if clients {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AddCert(a.certificate)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { log.Fatal(server.Serve(listener)) }()
	return listener.Addr(), nil
}

func (a *authority) configuration(host string) (*tls.Config, error) {
	certificate, err := a.sign(host)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{*certificate}, NextProtos: []string{"http/1.1"}}, nil
}

func (a *authority) sign(host string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: host},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if address := net.ParseIP(host); address != nil {
		template.IPAddresses = []net.IP{address}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.certificate.Raw}, PrivateKey: key}, nil
}
