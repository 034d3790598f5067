package pgserver

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// templates are the data folders that initdb made in this program, as archives, by the initdb. A copy takes a tenth of
// what initdb does, and tests start many servers. Whoever has taken the turn may use the map.
var (
	templates = map[string][]byte{}
	turn      = make(chan struct{}, 1)
)

// initialize fills the data folder: the first time with what initdb makes, from then on with a copy.
func (s *Server) initialize(ctx context.Context) error {
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("pgserver: waiting for initdb: %w", ctx.Err())
	}
	archive, ok := templates[s.binaries.initdb]
	var err error
	if !ok {
		if err = s.initdb(ctx); err == nil {
			if archive, err = pack(s.data()); err == nil {
				templates[s.binaries.initdb] = archive
			}
		}
	}
	<-turn
	if err != nil || !ok {
		return err
	}
	return s.unpack(ctx, archive)
}

// pack returns an archive of a folder.
func pack(folder string) ([]byte, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := errors.Join(w.AddFS(os.DirFS(folder)), w.Close()); err != nil {
		return nil, fmt.Errorf("pgserver: keeping what initdb made: %w", err)
	}
	return archive.Bytes(), nil
}

// unpack makes the data folder of an archive.
func (s *Server) unpack(ctx context.Context, archive []byte) error {
	err := os.Mkdir(s.data(), 0o700)
	if err == nil {
		err = s.account.own(s.data())
	}
	if err == nil {
		err = s.fill(ctx, tar.NewReader(bytes.NewReader(archive)))
	}
	if err != nil {
		return fmt.Errorf("pgserver: copying what initdb made: %w", err)
	}
	return nil
}

func (s *Server) fill(ctx context.Context, archive *tar.Reader) error {
	data, err := os.OpenRoot(s.data())
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if mode := header.FileInfo().Mode(); mode.IsDir() {
			err = data.Mkdir(header.Name, mode.Perm())
		} else {
			err = write(data, header.Name, mode.Perm(), archive)
		}
		if err = errors.Join(err, s.account.own(data.Name()+"/"+header.Name)); err != nil {
			return err
		}
	}
}

func write(folder *os.Root, name string, mode os.FileMode, content io.Reader) error {
	file, err := folder.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
