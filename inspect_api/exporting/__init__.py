"""Everything that a site's scorecards are made from, in one file, and the scorecards again from that file alone."""
