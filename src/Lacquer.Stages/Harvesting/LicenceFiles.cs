using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;
using Tomlyn.Model;

namespace Lacquer.Stages.Harvesting;

/// <summary>
/// Finds what speaks of a file's licence beside it: the operator's <c>rights.toml</c> and DEP-5 copyright files (copyright-format 1.0), in the file's folder or the
/// nearest above it inside the source; and, for an unpacked Debian package, its <c>usr/share/doc/PACKAGE/copyright</c>.
/// </summary>
public sealed class LicenceFiles
{
    private const int LargestFileBytes = 4 << 20;
    private const string StatementFileName = "rights.toml";
    private readonly string _root;
    private readonly Claims? _debianPackage;
    private readonly Dictionary<string, (Claims? Statement, Claims? Dep5)> _folders = new(StringComparer.Ordinal);

    /// <summary>Looks into the source in <paramref name="root"/>.</summary>
    public LicenceFiles(string root)
    {
        _root = root;
        var doc = Path.Combine(root, "usr", "share", "doc");
        // Of several packages in one folder nobody can say which copyright file covers which file.
        if (Directory.Exists(doc) && Directory.GetDirectories(doc) is [var only] && File.Exists(Path.Combine(only, "copyright")))
            _debianPackage = ReadDep5(Path.Combine(only, "copyright"), "");
    }

    /// <summary>The evidence for a file, by its key.</summary>
    /// <exception cref="LacquerException">A <c>rights.toml</c> is not what it should be: better to stop than to publish on a statement misread.</exception>
    public IEnumerable<Evidence> For(string key)
    {
        var statementFound = false;
        var dep5Found = false;
        for (var folder = FolderOf(key); folder is not null && !(statementFound && dep5Found); folder = folder.Length == 0 ? null : FolderOf(folder))
        {
            var (statement, dep5) = ClaimsIn(folder);
            if (!statementFound && statement is not null)
            {
                statementFound = true;
                if (statement.Covering(key) is { } evidence)
                    yield return evidence;
            }

            if (!dep5Found && dep5 is not null)
            {
                dep5Found = true;
                if (dep5.Covering(key) is { } evidence)
                    yield return evidence;
            }
        }

        if (!dep5Found && _debianPackage?.Covering(key) is { } packaged)
            yield return packaged;
    }

    private static string FolderOf(string key) => key.LastIndexOf('/') is >= 0 and var slash ? key[..slash] : "";

    private (Claims? Statement, Claims? Dep5) ClaimsIn(string folder)
    {
        if (_folders.TryGetValue(folder, out var known))
            return known;
        var path = Path.Combine(_root, folder);
        var statement = Path.Combine(path, StatementFileName);
        Claims? dep5 = null;
        foreach (var candidate in new[] { Path.Combine(path, "copyright"), Path.Combine(path, "debian", "copyright") })
            dep5 ??= File.Exists(candidate) ? ReadDep5(candidate, folder) : null;
        var claims = (File.Exists(statement) ? ReadStatement(statement, folder) : null, dep5);
        // Files come folder by folder: remembering a few is enough, and a source of a million folders does not fill memory.
        if (_folders.Count >= 1000)
            _folders.Clear();
        _folders.Add(folder, claims);
        return claims;
    }

    private Claims? ReadDep5(string path, string folder)
    {
        if (ReadSmall(path) is not { } bytes)
            return null;
        var paragraphs = Paragraphs(Encoding.UTF8.GetString(bytes));
        // Without the header field it is prose for people, in which nothing can be found for certain.
        if (paragraphs.Count == 0 || !paragraphs[0].TryGetValue("format", out var format) || !format.Contains("copyright-format", StringComparison.Ordinal))
            return null;
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var place = Path.GetRelativePath(_root, path).Replace(Path.DirectorySeparatorChar, '/');
        var rules = new List<(Regex, Evidence)>();
        foreach (var paragraph in paragraphs)
        {
            if (!paragraph.TryGetValue("files", out var files) || !paragraph.TryGetValue("license", out var licence))
                continue;
            var name = licence.Split('\n')[0].Trim();
            foreach (var glob in files.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                rules.Add((PathPattern.Of(glob), new Evidence(EvidenceKind.Dep5, place, Cut(name), sha256)));
        }

        return new Claims(folder, rules);
    }

    private Claims ReadStatement(string path, string folder)
    {
        var bytes = ReadSmall(path) ?? throw new LacquerException(Failure.Usage, $"{path} is larger than 4 MiB", "a statement of rights is a short text");
        var table = TomlText.Parse(Encoding.UTF8.GetString(bytes), path);
        string Text(TomlTable from, string key) => from.TryGetValue(key, out var value) && value is string { Length: > 0 } text ? text
            : throw new LacquerException(Failure.Usage, $"{path}: {key} is missing", "a statement has by, date and [[files]] with match and licence");
        var by = Text(table, "by");
        var date = table.TryGetValue("date", out var at) && at is not (null or string) ? Convert.ToString(at, System.Globalization.CultureInfo.InvariantCulture)! : Text(table, "date");
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var place = Path.GetRelativePath(_root, path).Replace(Path.DirectorySeparatorChar, '/');
        if (!table.TryGetValue("files", out var list) || list is not TomlTableArray files)
            throw new LacquerException(Failure.Usage, $"{path}: [[files]] is missing", "a statement has by, date and [[files]] with match and licence");
        return new Claims(folder, files.Select(f => (PathPattern.Of(Text(f, "match")), new Evidence(EvidenceKind.Statement, place, Cut(Text(f, "licence")), sha256, Cut(by), Cut(date)))).ToList());
    }

    private static byte[]? ReadSmall(string path)
    {
        try
        {
            if (!Durable.IsOrdinaryFile(path))
                throw new IOException("it is not an ordinary file");
            return new FileInfo(path).Length <= LargestFileBytes ? File.ReadAllBytes(path) : null;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new LacquerException(Failure.Missing, $"{path} cannot be read: {e.Message}", "give the user who runs lacquer the right to read it", e);
        }
    }

    // RFC 822 style paragraphs: "Name: value", continued by lines that begin with a space.
    private static List<Dictionary<string, string>> Paragraphs(string text)
    {
        var paragraphs = new List<Dictionary<string, string>>();
        Dictionary<string, string>? current = null;
        string? field = null;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.TrimEnd('\r', ' ', '\t');
            if (line.Length == 0)
            {
                current = null;
                field = null;
            }
            else if (line[0] is ' ' or '\t')
            {
                if (field is not null)
                    current![field] += "\n" + line.Trim();
            }
            else if (line[0] != '#' && line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                if (current is null)
                    paragraphs.Add(current = new Dictionary<string, string>(StringComparer.Ordinal));
                field = line[..colon].ToLowerInvariant();
                current[field] = line[(colon + 1)..].Trim();
            }
        }

        return paragraphs;
    }

    private static string Cut(string text) => text.Length <= Licence.LongestText ? text : text[..Licence.LongestText];

    private sealed record Claims(string Folder, IReadOnlyList<(Regex Glob, Evidence Evidence)> Rules)
    {
        // The last rule that matches is the one that holds, in both formats.
        public Evidence? Covering(string key)
        {
            var relative = Folder.Length == 0 ? key : key[(Folder.Length + 1)..];
            return Rules.LastOrDefault(rule => rule.Glob.IsMatch(relative)).Evidence;
        }
    }
}
