package store

import "context"

// page is how many records are read at a time: readers of a page do not hold up a writer.
const page = 200

// All lists the records of a kind that pass the filter, page by page, up to most of them; more says
// that there are others behind. What is written while the pages are read may or may not show.
func All(ctx context.Context, s Store, k Kind, f Filter, most int) (records []Record, more bool, err error) {
	after := ""
	for {
		// One beyond most tells whether there are more.
		limit := min(page, most+1-len(records))
		read, err := s.List(ctx, k, f, after, limit)
		if err != nil {
			return nil, false, err
		}
		records = append(records, read...)
		switch {
		case len(records) > most:
			return records[:most], true, nil
		case len(read) < limit:
			return records, false, nil
		}
		after = read[len(read)-1].Key
	}
}
