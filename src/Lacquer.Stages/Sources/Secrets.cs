using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Tomlyn.Model;

namespace Lacquer.Stages.Sources;

/// <summary>
/// Credentials of a source: from the environment, <c>LACQUER_SUBSONIC_PASSWORD</c>, or from <c>secrets.toml</c> in the archive's folder, which nobody but its owner may read. There a table by the source's own name
/// comes before one by the adapter's, so that two servers can have two accounts. Never from an option: those stand in the list of processes.
/// </summary>
public sealed class Secrets
{
    /// <summary>The file's name.</summary>
    public const string FileName = "secrets.toml";

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly string _adapter;
    private readonly string _path;
    private readonly Func<string, string?> _variable;
    private readonly IReadOnlyList<TomlTable> _tables;

    private Secrets(string adapter, string path, Func<string, string?> variable, IReadOnlyList<TomlTable> tables) => (_adapter, _path, _variable, _tables) = (adapter, path, variable, tables);

    /// <summary>Those of a source.</summary>
    /// <param name="adapter">The adapter's name.</param>
    /// <param name="source">The source's name.</param>
    /// <param name="archive">The archive's folder.</param>
    /// <param name="variable">Looks up an environment variable.</param>
    /// <exception cref="LacquerException">The file can be read by others, or is not TOML.</exception>
    public static Secrets Of(string adapter, string source, string archive, Func<string, string?> variable)
    {
        var path = Path.Combine(archive, FileName);
        if (!File.Exists(path))
            return new Secrets(adapter, path, variable, []);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
            throw new LacquerException(Failure.Refused, $"{path} can be read by others than its owner", $"chmod 600 {path}, and change what stood in it");
        var root = TomlText.Parse(File.ReadAllText(path), path);
        return new Secrets(adapter, path, variable, new[] { source, adapter }.Select(name => root.TryGetValue(name, out var value) ? value : null).OfType<TomlTable>().ToList());
    }

    /// <summary>One of them, or null.</summary>
    /// <param name="name">As the file has it: <c>password</c>.</param>
    public string? Find(string name) => _variable(VariableOf(name)) is { Length: > 0 } given ? given
        : _tables.Select(table => table.TryGetValue(name, out var value) ? value as string : null).FirstOrDefault(value => !string.IsNullOrEmpty(value));

    /// <summary>One of them.</summary>
    /// <exception cref="LacquerException">It is nowhere; the hint says where to put it.</exception>
    public string Require(string name) => Find(name)
        ?? throw new LacquerException(Failure.Usage, $"no {name} for {_adapter} is known", $"put it into {_path} (chmod 600), under [{_adapter}]: {name} = \"…\"; or into the variable {VariableOf(name)}");

    private string VariableOf(string name) => $"LACQUER_{_adapter}_{name}".Replace('-', '_').ToUpperInvariant();
}
