// Servers that stand for clouds: S3 by Versity's gateway, which checks every signature, and Google Cloud Storage by
// fake-gcs-server. A proxy leads to both under their real names, with certificates of an authority of its own, and there
// tokens are asked for; beside it are the services that give credentials.
//
//	clouds FOLDER BUCKET...
//
// It prints one line for each server, its name and its address, then an empty one. It ends when its standard input does.
// The folder gets the certificate of the authority and files with credentials of Google.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/middlewares"
)

const region = "eu-central-1"

func main() {
	// Libraries tell people what they do on standard output, which is for the addresses alone.
	stdout := os.Stdout
	os.Stdout, _ = os.Open(os.DevNull)
	if err := serve(stdout, os.Args[1], os.Args[2:]); err != nil {
		log.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	// Files of the gateway may be open still.
	os.Exit(0)
}

func serve(stdout io.Writer, folder string, buckets []string) error {
	s3, err := startS3(folder, buckets)
	if err != nil {
		return err
	}
	gcs, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		Scheme:     "http",
		PublicHost: "storage.googleapis.com",
		Writer:     io.Discard,
	})
	if err != nil {
		return err
	}
	for _, bucket := range buckets {
		gcs.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: bucket})
	}
	google, err := newGoogle(folder)
	if err != nil {
		return err
	}
	machine, err := listen(machine())
	if err != nil {
		return err
	}
	authority, err := newAuthority(folder)
	if err != nil {
		return err
	}
	proxy, err := authority.startProxy(map[string]http.Handler{
		"storage.googleapis.com":           google.guard(gcs.HTTPHandler()),
		"oauth2.googleapis.com":            google,
		"sts." + region + ".amazonaws.com": tokens(),
	}, func() (net.Conn, error) { return net.Dial("tcp", s3) })
	if err != nil {
		return err
	}
	store := newVault()
	vault, err := listen(store)
	if err != nil {
		return err
	}
	secure, err := authority.listen(store, false)
	if err != nil {
		return err
	}
	mutual, err := authority.listen(store, true)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "s3 http://%s\ngcs %s\nmachine http://%s\nproxy http://%s\n", s3, gcs.URL(), machine, proxy)
	fmt.Fprintf(stdout, "vault http://%s\nroot ROOT\nwriter WRITE\n", vault)
	fmt.Fprintf(stdout, "secure https://%s\nmutual https://%s\n\n", secure, mutual)
	return nil
}

// startS3 gives the address of the gateway.
func startS3(folder string, buckets []string) (string, error) {
	root, beside := filepath.Join(folder, "buckets"), filepath.Join(folder, "meta")
	for _, place := range []string{root, beside} {
		for _, bucket := range append(buckets, "") {
			if err := os.MkdirAll(filepath.Join(place, bucket), 0o700); err != nil {
				return "", err
			}
		}
	}
	store, err := meta.NewSideCar(beside)
	if err != nil {
		return "", err
	}
	files, err := posix.New(root, store, posix.PosixOpts{SideCarDir: beside})
	if err != nil {
		return "", err
	}
	key := auth.Account{Access: "ACCESS", Secret: "SECRET", Role: auth.RoleAdmin}
	server, err := s3api.New(
		files,
		middlewares.RootUserConfig{Access: key.Access, Secret: key.Secret},
		region,
		auth.NewIAMServiceSingle(key),
		nil, nil, nil, nil,
		s3api.WithQuiet(),
		s3api.WithConcurrencyLimiter(1000, 1000),
		s3api.WithHostStyle("s3."+region+".amazonaws.com"),
	)
	if err != nil {
		return "", err
	}
	// It cannot say which port the system gave it, so it listens at a socket, and connections are passed on.
	socket := filepath.Join(folder, "s3.socket")
	listening := make(chan struct{})
	s3api.WithOnListen(func() { close(listening) })(server)
	go func() { log.Fatal(server.ServeMultiPort([]string{socket})) }()
	<-listening
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				log.Fatal(err)
			}
			go func() {
				server, err := net.Dial("unix", socket)
				if err != nil {
					log.Fatal(err)
				}
				join(client, server)
			}()
		}
	}()
	return listener.Addr().String(), nil
}

// listen serves a handler at a port that the system chooses, and gives its address.
func listen(handler http.Handler) (net.Addr, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() { log.Fatal(http.Serve(listener, handler)) }()
	return listener.Addr(), nil
}

// join passes on what two sides say to each other.
func join(one, other net.Conn) {
	go func() {
		_, _ = io.Copy(one, other)
		one.Close()
	}()
	_, _ = io.Copy(other, one)
	other.Close()
}
