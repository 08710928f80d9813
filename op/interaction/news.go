package interaction

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// newsLife is how long a page tells what was done: opened again later, that is no news.
const newsLife = time.Minute

// SealNews seals what was done for the address of the page that tells of it, so that no link can make that page say
// something. It is for this browser, for that use alone, and names the session that it was done in, "" for none.
func (s *Sealer) SealNews(w http.ResponseWriter, r *http.Request, use, sessionID string, done any) (string, error) {
	body, err := json.Marshal(done)
	if err != nil {
		return "", fmt.Errorf("interaction: encode: %w", err)
	}
	news := s.Receive(use, body)
	news.SessionID = sessionID
	return s.Seal(s.Begin(w, r), news)
}

// OpenNews reads what SealNews sealed into done, and gives the session. It is false, and done stays as it was, for
// whatever else is sent, and for what is older than a minute.
func (s *Sealer) OpenNews(r *http.Request, sealed, use string, done any) (sessionID string, ok bool) {
	news, err := s.Open(r, sealed)
	if err != nil || news.Next != use || s.now().Sub(news.Received) > newsLife || json.Unmarshal(news.Request, done) != nil {
		return "", false
	}
	return news.SessionID, true
}
