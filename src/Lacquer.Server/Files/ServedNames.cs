namespace Lacquer.Server.Files;

/// <summary>Which names may be asked for below a served folder, and where they lie.</summary>
internal static class ServedNames
{
    // Two folders below an edition are as deep as its layout goes; a few more cost nothing.
    private const int Deepest = 6;

    /// <summary>
    /// The file or folder at <paramref name="path"/> below <paramref name="folder"/>, or null where there is none to be served. Names are made of ASCII letters, digits,
    /// <c>.</c>, <c>-</c> and <c>_</c>, as everything we write is, so no separator, escape, drive or NUL can be among them; a name that begins with a dot or ends in
    /// <c>.partial</c> is not there; and neither is a symbolic link, which nothing we write contains; <paramref name="folder"/> itself may be one, since where it lies is the operator's choice.
    /// </summary>
    public static FileSystemInfo? Find(string folder, string path)
    {
        var names = path.Split('/', StringSplitOptions.None);
        if (names.Length > Deepest)
            return null;
        FileSystemInfo found = new DirectoryInfo(folder);
        foreach (var name in names)
        {
            if (found is not DirectoryInfo parent || !IsServed(name))
                return null;
            var below = Path.Combine(parent.FullName, name);
            found = Directory.Exists(below) ? new DirectoryInfo(below) : new FileInfo(below);
            if (!found.Exists || IsLink(found))
                return null;
        }

        return found;
    }

    public static bool IsServed(string name) =>
        name.Length is > 0 and <= 255 && name[0] != '.' && !name.EndsWith(".partial", StringComparison.Ordinal)
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    private static bool IsLink(FileSystemInfo info) => info.LinkTarget is not null;
}
