package data

import "slices"

// File is one published file, as it lies in the cache, and the gzip file that it comes in.
type File struct {
	Name   string // "train-images-idx3-ubyte"
	Size   int64  // bytes
	SHA256 string // in hex

	GzipSize   int64  // of Name + ".gz" as published; 0 if it is published as it is
	GzipSHA256 string // in hex
}

// published is a data set in four IDX files, in this order: train images and labels, test images and labels.
type published struct {
	title, source, licence string
	classes                []string
	files                  [4]File
}

var digits = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}

var known = map[string]published{
	"mnist": {
		title:   "MNIST handwritten digits",
		source:  "Yann LeCun, Corinna Cortes and Christopher J. C. Burges, yann.lecun.com/exdb/mnist",
		licence: "CC BY-SA 3.0",
		classes: digits,
		files: [4]File{
			{"train-images-idx3-ubyte", 47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
				9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
			{"train-labels-idx1-ubyte", 60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
				28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
			{"t10k-images-idx3-ubyte", 7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
				1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
			{"t10k-labels-idx1-ubyte", 10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
				4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
		},
	},
	"fashion-mnist": {
		title:   "Fashion-MNIST, articles of clothing",
		source:  "Han Xiao, Kashif Rasul and Roland Vollgraf (Zalando), github.com/zalandoresearch/fashion-mnist",
		licence: "MIT",
		classes: []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
		files: [4]File{
			{"train-images-idx3-ubyte", 47040016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
				26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
			{"train-labels-idx1-ubyte", 60008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
				29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
			{"t10k-images-idx3-ubyte", 7840016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
				4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
			{"t10k-labels-idx1-ubyte", 10008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
				5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
		},
	},
}

// publishedAs finds the known file with these unpacked contents.
func publishedAs(sha string) (dataset string, file File, ok bool) {
	for dataset, set := range known {
		for _, file := range set.files {
			if file.SHA256 == sha {
				return dataset, file, true
			}
		}
	}
	return "", File{}, false
}

// Files lists what a data set consists of; nil for one that is not known.
//
//	data.Files("mnist") // train images, train labels, test images, test labels
func Files(dataset string) []File {
	if set, ok := known[dataset]; ok {
		return slices.Clone(set.files[:])
	}
	return nil
}
