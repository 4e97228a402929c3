using System.Text;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Torrents;

/// <summary>Names in a torrent, by the rules of the disks that it may be written to.</summary>
internal static class TorrentPath
{
    /// <summary>A name that is safe everywhere (<see cref="PathRules"/>).</summary>
    /// <param name="bytes">The name as the torrent has it.</param>
    /// <param name="likely">What was let through before and is probably the same again: hybrids name each file twice, and pad files lie in one folder.</param>
    /// <exception cref="LacquerException">It is not safe.</exception>
    public static string Component(ReadOnlySpan<byte> bytes, string? likely = null)
    {
        if (likely is not null && Ascii.Equals(bytes, likely))
            return likely;
        if (bytes.Length > PathRules.ComponentLimitBytes)
            throw TorrentReader.Damaged($"a path component of {bytes.Length} bytes, where at most {PathRules.ComponentLimitBytes} are safe");
        var name = TorrentReader.Text(bytes, "a path component");
        return PathRules.Complaint(name) is { } complaint
            ? throw TorrentReader.Damaged($"path component '{Printable(name)}' {complaint}")
            : name;
    }

    /// <summary>The same without letters that steer a terminal.</summary>
    public static string Printable(string text) =>
        string.Concat(text.Select(letter => char.IsControl(letter) ? '\ufffd' : letter));
}

/// <summary>Every folder and file met so far, so that no two of them are one on a file system that takes case or composition lightly.</summary>
/// <param name="files">How many there will be, about.</param>
internal sealed class PathTree(int files)
{
    private readonly Dictionary<(int Folder, string Folded), (string Name, int Node)> _nodes = new(files, FoldedComparer.Instance);
    private readonly List<bool> _isFile = [false];
    private string[] _last = [];
    private int[] _lastFolders = [];

    public void Add(string[] path)
    {
        // Files of one folder come after each other, and deep folders would be looked up again for each of them.
        var known = 0;
        while (known < path.Length - 1 && known < _last.Length - 1 && path[known] == _last[known])
            known++;
        var folders = new int[path.Length];
        _lastFolders.AsSpan(0, known).CopyTo(folders);
        var node = known == 0 ? 0 : folders[known - 1];
        for (var index = known; index < path.Length; index++)
        {
            node = Step(node, path, index);
            folders[index] = node;
        }

        _last = path;
        _lastFolders = folders;
    }

    private int Step(int folder, string[] path, int index)
    {
        var isFile = index == path.Length - 1;
        var name = path[index];
        var key = (folder, Fold(name));
        if (!_nodes.TryGetValue(key, out var known))
        {
            var node = _isFile.Count;
            _isFile.Add(isFile);
            _nodes.Add(key, (name, node));
            return node;
        }

        if (known.Name != name)
            throw TorrentReader.Damaged($"'{name}' and '{known.Name}' are one name where case does not count");
        if (isFile && _isFile[known.Node])
            throw TorrentReader.Damaged($"'{string.Join('/', path)}' is there twice");
        if (isFile || _isFile[known.Node])
            throw TorrentReader.Damaged($"'{name}' is a file and a folder");
        return known.Node;
    }

    private static string Fold(string name)
    {
        try
        {
            return PathRules.Fold(name);
        }
        catch (ArgumentException)
        {
            throw TorrentReader.Damaged($"path component '{TorrentPath.Printable(name)}' has letters that Unicode does not know");
        }
    }
}

/// <summary>Names of a folder, as where case does not count.</summary>
internal sealed class FoldedComparer : IEqualityComparer<(int Folder, string Folded)>
{
    public static FoldedComparer Instance { get; } = new();

    public bool Equals((int Folder, string Folded) one, (int Folder, string Folded) other) => one.Folder == other.Folder && string.Equals(one.Folded, other.Folded, StringComparison.OrdinalIgnoreCase);

    public int GetHashCode((int Folder, string Folded) name) => HashCode.Combine(name.Folder, string.GetHashCode(name.Folded, StringComparison.OrdinalIgnoreCase));
}
