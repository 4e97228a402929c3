using System.Text;
using Xunit;

namespace Lacquer.Tests.House;

/// <summary>The files of the repository that the tests were built from.</summary>
internal static class Repository
{
    private static readonly string? Found = Find();

    /// <summary>The repository's folder; skips the test, and says so, where the sources are not there.</summary>
    public static string Root
    {
        get
        {
            if (Found is null)
                Assert.Skip($"no Lacquer.slnx above {AppContext.BaseDirectory}: the sources are not here");
            return Found;
        }
    }

    /// <summary>A file's text with line feeds.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    /// <summary>Files below a folder, relative to the repository, in ordinal order; what a build made is left out.</summary>
    public static IReadOnlyList<string> Files(string folder, string pattern)
    {
        var files = Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(files);
        return files;
    }

    /// <summary>C# without comments and without what stands in literals, so that prose and messages name nothing. Every line keeps its place.</summary>
    public static string Code(string path) => WithoutProse(Read(path));

    internal static string WithoutProse(string text)
    {
        var code = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var end = text.AsSpan(at) switch
            {
                ['/', '/', ..] => Until(text, at, "\n", 0),
                ['/', '*', ..] => Until(text, at + 2, "*/", 2),
                ['"', '"', '"', ..] => Raw(text, at),
                ['@', '"', ..] or ['@', '$', '"', ..] or ['$', '@', '"', ..] => Verbatim(text, text.IndexOf('"', at) + 1),
                ['"', ..] => Literal(text, at, '"'),
                ['\'', ..] => Literal(text, at, '\''),
                _ => at,
            };
            if (end == at)
            {
                code.Append(text[at++]);
                continue;
            }

            code.Append(' ');
            foreach (var letter in text.AsSpan(at, end - at))
                if (letter == '\n')
                    code.Append('\n');
            at = end;
        }

        return code.ToString();
    }

    private static int Until(string text, int from, string mark, int include) => text.IndexOf(mark, from, StringComparison.Ordinal) is >= 0 and var found ? found + include : text.Length;

    private static int Raw(string text, int at)
    {
        var quotes = 3;
        while (at + quotes < text.Length && text[at + quotes] == '"')
            quotes++;
        return Until(text, at + quotes, new string('"', quotes), quotes);
    }

    private static int Verbatim(string text, int at)
    {
        for (; at < text.Length; at++)
            if (text[at] == '"' && !(at + 1 < text.Length && text[at + 1] == '"' && at++ >= 0))
                return at + 1;
        return text.Length;
    }

    // An interpolation may hold a literal of its own: {(x ? "a" : "b")}.
    private static int Literal(string text, int at, char quote)
    {
        var interpolated = quote == '"' && at > 0 && text[at - 1] == '$';
        var depth = 0;
        for (at++; at < text.Length && text[at] != '\n'; at++)
        {
            if (text[at] == '\\')
                at++;
            else if (interpolated && text[at] == '{')
                depth++;
            else if (interpolated && text[at] == '}')
                depth = Math.Max(0, depth - 1);
            else if (depth > 0 && text[at] == '"')
                at = Literal(text, at, '"') - 1;
            else if (text[at] == quote)
                return at + 1;
        }

        return Math.Min(at, text.Length);
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Lacquer.slnx")))
                return folder.FullName;
        return null;
    }
}
