package report

import "encoding/json"

// mostBodies bounds the bodies of a file together. One that is mostly the same again and again is written down in
// short, so that a small file may have many that are large.
const mostBodies = 256 << 20

// weighed is what the bodies of a file are found by.
type weighed struct {
	Report struct {
		Findings []weighedFinding `json:"findings"`
		Excluded []weighedFinding `json:"excluded"`
	} `json:"report"`
}

type weighedFinding struct {
	Steps []struct {
		Body   weight   `json:"body"`
		Beside []weight `json:"beside"`
	} `json:"steps"`
}

// weight is how many bytes a body takes that is written down in short. Others take about as many as they have there.
type weight int64

// UnmarshalJSON counts a body without making it. One that is none is refused when it is read.
func (w *weight) UnmarshalJSON(content []byte) error {
	var short struct {
		Runs []struct {
			Text  string `json:"text"`
			Times int64  `json:"times"`
		} `json:"runs"`
	}
	if len(content) == 0 || content[0] != '{' {
		return nil
	}
	_ = json.Unmarshal(content, &short)
	for _, run := range short.Runs {
		size := int64(len(run.Text))
		if times := max(run.Times, 1); size > 0 && times > mostBodies/size {
			size = mostBodies + 1
		} else {
			size *= times
		}
		*w = min(*w+weight(size), mostBodies+1)
	}
	return nil
}

// isTooHeavy reports whether the bodies of a file are more than anybody should make.
func isTooHeavy(own []byte) bool {
	var file weighed
	_ = json.Unmarshal(own, &file) // What is wrong with it is told when it is read.
	sum := weight(0)
	for _, list := range [][]weighedFinding{file.Report.Findings, file.Report.Excluded} {
		for _, f := range list {
			for _, s := range f.Steps {
				for _, w := range append(s.Beside, s.Body) {
					sum = min(sum+w, mostBodies+1)
				}
			}
		}
	}
	return sum > mostBodies
}
