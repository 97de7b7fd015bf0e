# The word count by other means, to compare with; run it under LC_ALL=C. A word: split on space and newline, ASCII
# lower case, ASCII punctuation trimmed at both ends, nothing left is no word.
{ n = split(tolower($0), words, / /); for (i = 1; i <= n; i++) { gsub(/^[!-\/:-@\[-`{-~]+|[!-\/:-@\[-`{-~]+$/, "", words[i]); if (words[i] != "") count[words[i]]++ } }
END { for (word in count) print word " => " count[word] }
