package setting

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// MaxKeyFile bounds a file of keys, in bytes.
const MaxKeyFile = 64 << 10

// KeyText gives the keys that a configured value stands for: what is in the file of that name, or the value itself where
// a placeholder has given the keys, which begin with one of begins. what they are called stands in errors. No error shows what a placeholder stands for: it may be a private key that somebody
// took for the public one, or for the name of a file.
func KeyText(configured, what string, begins ...string) ([]byte, error) {
	path, err := ResolvePath(configured)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(begins, func(one string) bool { return strings.HasPrefix(strings.TrimSpace(path), one) }) {
		return []byte(path), nil
	}
	text, err := readKeyFile(path)
	if err != nil && path != configured {
		return nil, fmt.Errorf("%s is neither %s nor the name of a file that holds one", configured, what)
	}
	return text, err
}

func readKeyFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, MaxKeyFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > MaxKeyFile:
		return nil, errors.New("the file is larger than 64 KiB")
	case len(text) == 0:
		return nil, errors.New("the file is empty")
	}
	return text, nil
}
