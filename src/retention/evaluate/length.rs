//! How long a file is kept, as a length: for ever, or a number of years.
//!
//! Asked where the law speaks of lengths and not of days: which inventory a file belongs into, whether a document must
//! have an original on paper. Found in the same points of the file's history as the day: what counts there counts here.

use super::{Steps, Term, find, is_cut, is_during, newest_edition};
use crate::retention::facts::{Edition, Facts};
use chrono::NaiveDate;

/// How long a file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Length {
    /// So many years, from whatever they are counted.
    Years(u32),
    /// For ever.
    Permanent,
}

impl Length {
    /// Whether it is more than `years`.
    pub fn is_over(self, years: u32) -> bool {
        self > Length::Years(years)
    }
}

/// The longest term by which `file` is kept; none when what it is kept by is not known.
pub fn length(file: &Facts<'_>, editions: &[Edition<'_>], as_of: NaiveDate) -> Option<Length> {
    let first = file.states.iter().rposition(|state| state.is_shortening).unwrap_or(0);
    let states = &file.states[first..];
    let current = states.last()?;
    let now = find(current, newest_edition(editions, current, u64::MAX), &mut Steps(None))?;
    let mut longest = of_term(&now.period.term, file.oldest)?;
    for (n, state) in states.iter().enumerate() {
        let next = states.get(n + 1).map(|next| next.entry);
        let before = newest_edition(editions, state, state.entry);
        let during = editions.iter().filter(|edition| is_during(state, next, edition));
        for edition in before.into_iter().chain(during).filter(|edition| !is_cut(states, editions, edition, as_of)) {
            let Some(found) = find(state, Some(edition), &mut Steps(None)) else { continue };
            let Some(length) = of_term(&found.period.term, file.oldest) else { continue };
            longest = longest.max(length);
        }
    }
    Some(longest)
}

fn of_term(term: &Term, oldest: Option<NaiveDate>) -> Option<Length> {
    Some(match term {
        Term::Permanent => Length::Permanent,
        Term::Years(years) | Term::UntilReplaced { years } | Term::AfterEvent { years, .. } => Length::Years(*years),
        Term::UntilNeeded { at_least } => Length::Years(*at_least),
        Term::ByCreation { before, earlier, later } => {
            Length::Years(if oldest.is_none_or(|oldest| oldest < *before) { *earlier } else { *later })
        }
        Term::LongerOf(terms) => return terms.iter().filter_map(|term| of_term(term, oldest)).max(),
        Term::Conditional { term, .. } => return of_term(term, oldest),
        Term::AsDocument => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Length::{Permanent, Years};

    #[test]
    fn the_length_of_a_term_is_that_of_its_longest_part() {
        let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let by_creation = Term::ByCreation { before: day(2003), earlier: 75, later: 50 };
        let after = Term::AfterEvent { event: "dispute_ended".into(), years: 11 };
        let longer = Term::LongerOf(vec![Term::Years(5), after.clone(), Term::UntilReplaced { years: 3 }]);
        let conditional = Term::Conditional { needs: Vec::new(), without: Vec::new(), term: Box::new(longer.clone()) };
        for (term, oldest, wanted) in [
            (Term::Permanent, None, Some(Permanent)),
            (Term::Years(10), None, Some(Years(10))),
            (Term::UntilNeeded { at_least: 0 }, None, Some(Years(0))),
            (by_creation.clone(), Some(2002), Some(Years(75))),
            (by_creation.clone(), Some(2003), Some(Years(50))),
            (by_creation, None, Some(Years(75))),
            (longer, None, Some(Years(11))),
            (conditional, None, Some(Years(11))),
            (Term::AsDocument, None, None),
        ] {
            assert_eq!(of_term(&term, oldest.map(day)), wanted, "{term:?}");
        }
        assert!(Years(11).is_over(10) && Permanent.is_over(10) && !Years(10).is_over(10));
    }
}
