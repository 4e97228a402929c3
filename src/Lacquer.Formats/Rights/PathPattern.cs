using System.Text;
using System.Text.RegularExpressions;

namespace Lacquer.Formats.Rights;

/// <summary>Patterns of paths as statements and DEP-5 files have them (copyright-format 1.0, "Files").</summary>
public static class PathPattern
{
    /// <summary><c>*</c> and <c>?</c> match across slashes too; a backslash takes the next letter literally. Linear in the path's length.</summary>
    public static Regex Of(string pattern)
    {
        var regex = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
            regex.Append(pattern[i] switch
            {
                '*' => ".*",
                '?' => ".",
                '\\' when i + 1 < pattern.Length => Regex.Escape(pattern[++i].ToString()),
                var letter => Regex.Escape(letter.ToString()),
            });
        return new Regex(regex.Append("\\z").ToString(), RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking);
    }
}
